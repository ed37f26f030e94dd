# SPDX-License-Identifier: GPL-2.0-only
# What all plots have in common. Variables: data, the file; blocks, its curves.
set grid ytics lc rgb '#dddddd'
set border 3
set tics nomirror
set key outside right top
set pointsize 0.8
# colours that all eyes tell apart, then again with other dashes
array colours[8] = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', \
	'#e69f00', '#000000', '#999999']
do for [i = 0:31] {
	set linetype i + 1 lc rgb colours[i % 8 + 1] dt 1 + i / 8 lw 1.5 \
		pt 1 + i % 8
}
