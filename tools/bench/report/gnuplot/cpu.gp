# SPDX-License-Identifier: GPL-2.0-only
set xlabel 'model'
set ylabel 'CPU time of all threads per request, us (median, lowest, highest)'
set yrange [0:*]
set xrange [-0.6:blocks - 0.4]
set boxwidth 0.7
set style fill solid 0.8
set bars 0.8
unset xtics
plot for [i = 0:blocks - 1] data index i using 1:2 with boxes \
	lt i + 1 title columnheader(1), \
	for [i = 0:blocks - 1] data index i using 1:2:3:4 with yerrorbars \
	lc rgb 'black' pt 0 notitle
