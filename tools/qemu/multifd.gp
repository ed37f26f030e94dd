# SPDX-License-Identifier: GPL-2.0-only
# What migrations took, by method. Variable: data, the file of qemu_multifd -w.
set datafile separator ','
set datafile columnheaders
set style data histograms
set style histogram rowstacked
set style fill solid 0.8 border -1
set boxwidth 0.7
set xtics rotate by -40
set yrange [0:*]
set key tmargin center horizontal
set xlabel 'method, channels'
set multiplot layout 1,2
name(n) = sprintf('%s, %s', strcol('method'), strcol('channels'))
set title 'CPU time of a migration'
set ylabel 'seconds (medians)'
plot data using 'qemus_s':xtic(name(0)) lt 1 title 'both QEMUs', \
	'' using 'workers_s' lt 2 title "flipq's workers"
set title 'on the wire'
set ylabel 'MB (medians)'
plot data using 'wire_mb':xtic(name(0)) lt 3 notitle
unset multiplot
