# SPDX-License-Identifier: GPL-2.0-only
set xlabel 'worker threads'
set ylabel 'thousand requests per second (median, lowest, highest)'
set logscale x 2
set logscale y 10
set xrange [0.9:*]
plot for [i = 0:blocks - 1] data index i using 1:2:3:4 with yerrorlines \
	lt i + 1 title columnheader(1)
