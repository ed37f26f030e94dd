# SPDX-License-Identifier: GPL-2.0-only
set xlabel 'percentile of the requests'
set ylabel 'time from submission to collection, us (median, lowest, highest)'
set logscale y 10
set xrange [-0.2:2.2]
set xtics ('50' 0, '99' 1, '99.9' 2)
plot for [i = 0:blocks - 1] data index i using 1:2:3:4 with yerrorlines \
	lt i + 1 title columnheader(1)
