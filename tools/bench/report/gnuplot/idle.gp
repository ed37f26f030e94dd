# SPDX-License-Identifier: GPL-2.0-only
set xlabel 'idle queues'
set ylabel 'throughput, to that without idle queues (median, lowest, highest)'
set logscale x 10
set xrange [0.8:1300]
set xtics ('0' 1, '10' 10, '100' 100, '1000' 1000)
set yrange [0:*]
plot for [i = 0:blocks - 1] data index i using 1:2:3:4 with yerrorlines \
	lt i + 1 title columnheader(1), \
	0.97 lc rgb 'black' dt 2 title 'target: 0.97'
