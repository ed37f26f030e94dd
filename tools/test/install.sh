#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# install.sh - make install, uninstall and clean, and what make says of bad input
#
# All in a copy of this checkout, in a path with blanks, without the cache.
# shellcheck disable=SC2317 # functions are called by name
set -eu

cd "$(dirname "$0")/../.."
tap_here=$PWD/selftests
. selftests/tap.sh
trap 'exit 1' INT TERM
scratch="$tap_tmp/with blanks"
tree="$scratch/a tree"
root="$scratch/the root"
export XDG_CACHE_HOME="$scratch/no cache"
# of the make that runs this one
unset MAKEFLAGS MFLAGS MAKELEVEL
version=$(sed -n 's/^FLIPQ_VERSION := //p' Kbuild)

# What git knows, as it is now; of what is unpacked from a release, all.
copy()
{
	mkdir -p "$tree" "$XDG_CACHE_HOME" || return
	if [ -e .git ]; then
		git ls-files -z --cached --others --exclude-standard
	else
		find . -type d -name build -prune -o -type f -print0
	fi | tar -c --null -T - --ignore-failed-read 2>/dev/null |
		tar -x -C "$tree"
	cd "$tree" && find . -type f | sort >"$scratch/sources"
}

# make, which must say nothing at all
silent()
{
	make -s "$@" >"$scratch/out" 2>&1 || {
		cat "$scratch/out"
		return 1
	}
	cat "$scratch/out"
	[ ! -s "$scratch/out" ]
}

# refused TEXT COMMAND...: it fails, with one line of ours that has this text
refused()
{
	text=$1
	shift
	! "$@" >"$scratch/out" 2>&1 || return 1
	cat "$scratch/out"
	# make's own, which says where it stopped
	sed -i -e '/^make\(\[[0-9]*\]\)\?: \*\*\* \[/d' "$scratch/out"
	[ "$(wc -l <"$scratch/out")" -eq 1 ] && grep -qF "$text" "$scratch/out"
}

# What is below a directory, one a line.
below()
{
	(cd "$1" && find . ! -path . | sort)
}

built()
{
	silent -j2 CFLAGS=-O0 tools
}

# All of it: how many pages and examples there are the table need not say.
installed()
{
	silent install DESTDIR="$root" prefix=/usr || return
	cat >"$scratch/wanted" <<-END
	bin/flipq
	bin/flipqcat
	bin/unflipq
	include/flipq.h
	include/linux/flipq.h
	lib/libflipq.a
	lib/libflipq.so
	lib/libflipq.so.${version%%.*}
	lib/libflipq.so.$version
	lib/pkgconfig/flipq.pc
	lib/sysusers.d/flipq.conf
	lib/udev/rules.d/60-flipq.rules
	share/bash-completion/completions/flipq
	share/bash-completion/completions/flipqcat
	share/bash-completion/completions/unflipq
	share/fish/vendor_completions.d/flipq.fish
	share/fish/vendor_completions.d/flipqcat.fish
	share/fish/vendor_completions.d/unflipq.fish
	share/flipq/trace/kicks.bt
	share/flipq/trace/latency.bt
	share/flipq/trace/queue.sh
	share/flipq/trace/record.inc
	share/flipq/trace/requests.sh
	share/flipq/trace/shares.bt
	share/flipq/trace/sleeps.bt
	share/man/man1/flipq.1
	share/man/man1/flipqcat.1
	share/man/man1/unflipq.1
	share/man/man3/libflipq.3
	share/man/man4/flipq.4
	share/zsh/site-functions/_flipq
	END
	(cd "$root/usr" && find . ! -type d ! -name 'flipq_*.3' \
		! -path './share/doc/flipq/examples/*.c') |
		sed 's,^\./,,' | sort | diff "$scratch/wanted" - &&
		[ "$(ls "$root")" = usr ] &&
		ls "$root"/usr/share/doc/flipq/examples/*.c &&
		! grep -r '@[A-Z]*@' "$root/usr/share/man" "$root/usr/lib/pkgconfig"
}

modes()
{
	! (cd "$root" && find . -type f ! -perm 644 ! -name flipq \
		! -name 'libflipq.so.*' ! -path '*/trace/*.sh') | grep . &&
		! find "$root" -type d ! -perm 755 | grep . &&
		[ "$(stat -c %a "$root/usr/bin/flipq")" = 755 ] &&
		[ "$(stat -c %a "$root/usr/share/flipq/trace/queue.sh")" = 755 ]
}

links()
{
	[ "$(readlink "$root/usr/lib/libflipq.so")" = \
		"libflipq.so.${version%%.*}" ] &&
		[ "$(readlink "$root/usr/lib/libflipq.so.${version%%.*}")" = \
			"libflipq.so.$version" ] &&
		readelf -d "$root/usr/lib/libflipq.so.$version" |
		grep -F "soname: [libflipq.so.${version%%.*}]"
}

# They pass on what is not compressed, and refuse it.
names()
{
	echo text >"$scratch/text"
	"$root/usr/bin/flipqcat" "$scratch/text" | cmp - "$scratch/text" &&
		! "$root/usr/bin/unflipq" -c "$scratch/text" 2>"$scratch/said" &&
		grep 'unknown format' "$scratch/said"
}

# By a name without blanks, with which pkgconf 1.8 says the path twice; and with
# what compilers look through anyway, which is elsewhere here.
example()
{
	ln -s "$root" "$tap_tmp/root"
	PKG_CONFIG_LIBDIR=$tap_tmp/root/usr/lib/pkgconfig
	PKG_CONFIG_SYSROOT_DIR=$tap_tmp/root
	PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
	export PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR
	export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS PKG_CONFIG_ALLOW_SYSTEM_LIBS
	[ "$(pkg-config --modversion flipq)" = "$version" ] || return
	moved=$(env -u PKG_CONFIG_SYSROOT_DIR pkg-config --libs-only-L \
		--define-variable=prefix=/moved flipq)
	[ "${moved% }" = -L/moved/lib ] || return
	# shellcheck disable=SC2046 # words
	"${CC:-cc}" -std=c11 -o "$scratch/codecs" \
		"$root/usr/share/doc/flipq/examples/codecs.c" \
		$(pkg-config --cflags --libs flipq) &&
		LD_LIBRARY_PATH="$root/usr/lib" "$scratch/codecs"
}

runs()
{
	[ "$("$root/usr/bin/flipq" --version)" = "flipq $version" ]
}

# offered WORD...: what bash offers for the last one
offered()
{
	# shellcheck disable=SC2016 # the other shell's
	PATH="$root/usr/bin:$PATH" bash -euc '
	source "$1"
	shift
	COMP_WORDS=(flipq "$@") COMP_CWORD=$#
	compopt() { :; }
	_flipq
	echo "${COMPREPLY[*]}"' \
		bash "$root/usr/share/bash-completion/completions/flipq" "$@"
}

# taken COMMAND OPTION: does the tool take it? Whatever it says of the value then.
taken()
{
	! "$root/usr/bin/flipq" "$@" x --help 2>&1 |
		grep -q -e 'unknown option' -e 'does not take option'
}

completion()
{
	[ "$(offered compr)" = compress ] &&
		[ "$(offered --decom)" = --decompress ] &&
		[ "$(offered a --format lz)" = 'lz4 lz4hc' ] &&
		[ "$(offered completion f)" = fish ] &&
		[ "$(offered compress -a lz)" = 'lz4 lz4hc' ] &&
		[ "$(offered compress --algorithm = z)" = zstd ] &&
		[ "$(offered compress --block '')" = '' ] || return
	all=$(offered compress --)
	for command in $(offered '' | sed 's/completion.*//') ./file; do
		its=$(offered "$command" --)
		for option in $all; do
			offers=no takes=no
			case "$its " in
			*"$option "*) offers=yes ;;
			esac
			! taken "$command" "$option" || takes=yes
			echo "$command $option: offered $offers, taken $takes"
			[ "$offers" = "$takes" ] || return
		done
	done
	# those of a command, in the other shells' words
	"$root/usr/bin/flipq" completion zsh |
		grep -F "(compress:-*) compadd -- $all ;;" &&
		"$root/usr/bin/flipq" completion fish |
		sed -n 's/.*_from compress. -l \([^ ]*\).*/--\1/p' |
			tr '\n' ' ' | grep -xe "$all "
}

# Each page is there under its name, or is one line that names another page.
manuals()
{
	pages=$root/usr/share/man
	for name in $(tools/man/calls); do
		[ -s "$pages/$(sed -n 's/^\.so //p' "$pages/man3/$name.3")" ] ||
			return 1
	done
	for page in "$pages"/man?/*; do
		[ "${page##*.}" = "$(expr "$page" : '.*/man\([1-8]\)/[^/]*$')" ] ||
			return 1
	done
	[ ! "$(command -v man)" ] || man -M "$pages" -w flipq_open flipq.4
}

uninstalled()
{
	silent uninstall DESTDIR="$root" prefix=/usr && ! below "$root" | grep .
}

# The upper-case name was there before the others.
gnu_names()
{
	silent install DESTDIR="$root" PREFIX=/usr libdir=/usr/lib/some-triplet \
		mandir=/man udevdir=/etc/udev sysusersdir=/etc/sysusers.d \
		includedir=/usr/include/apart docdir=/doc bindir=/sbin || return
	for file in /usr/lib/some-triplet/pkgconfig/flipq.pc /man/man1/flipq.1 \
		/etc/udev/rules.d/60-flipq.rules /etc/sysusers.d/flipq.conf \
		/usr/include/apart/linux/flipq.h /doc/examples/page.c /sbin/flipq
	do
		[ -f "$root$file" ] || return 1
	done
	# shellcheck disable=SC2016 # pkg-config's variable
	grep -x 'libdir=${prefix}/lib/some-triplet' \
		"$root/usr/lib/some-triplet/pkgconfig/flipq.pc" &&
		silent uninstall DESTDIR="$root" PREFIX=/usr mandir=/man \
			libdir=/usr/lib/some-triplet udevdir=/etc/udev \
			sysusersdir=/etc/sysusers.d docdir=/doc bindir=/sbin \
			includedir=/usr/include/apart &&
		! below "$root" | grep .
}

# What was there stays, be it empty; installed twice, it goes at once.
not_ours()
{
	prefix=$tap_tmp/prefix
	mkdir -p "$prefix/lib/pkgconfig" "$prefix/share/man/man1"
	echo other >"$prefix/share/man/man1/other.1"
	below "$prefix" >"$scratch/before"
	silent install prefix="$prefix" && silent install prefix="$prefix" &&
		"$prefix/bin/flipq" --version &&
		silent uninstall prefix="$prefix" &&
		below "$prefix" | diff "$scratch/before" -
}

said()
{
	make -s V=1 install DESTDIR="$root" >"$scratch/out" &&
		grep -qF "install $root/usr/local/bin/flipq" "$scratch/out" &&
		make V=0 install DESTDIR="$root" >"$scratch/out" 2>&1 &&
		[ ! -s "$scratch/out" ] && make V=0 uninstall DESTDIR="$root"
}

# full SIZE: a disk of this size, in a namespace of its own; another version that
# is there stays as it is
full()
{
	mkdir -p "$scratch/disk"
	# shellcheck disable=SC2016 # the inner shell's
	unshare -m sh -euc '
	mount -t tmpfs -o size="$1" none "$2"
	mkdir -p "$2/usr/bin" "$2/usr/lib"
	echo old >"$2/usr/bin/flipq"
	find "$2" >"$3/before"
	! make -s install DESTDIR="$2" prefix=/usr 2>"$3/said" || exit 1
	cat "$3/said"
	find "$2" | diff "$3/before" -
	[ "$(cat "$2/usr/bin/flipq")" = old ]
	grep -v "^make" "$3/said" >"$3/ours"
	[ "$(wc -l <"$3/ours")" -eq 1 ]
	grep "^install: cannot .*: No space left on device$" "$3/ours"' \
		sh "$1" "$scratch/disk" "$scratch"
}

in_the_way()
{
	mkdir -p "$root/usr/local/share/man/man4/flipq.4" &&
		below "$root" >"$scratch/before" &&
		refused 'flipq.4: it is a directory' \
			make -s install DESTDIR="$root" &&
		below "$root" | diff "$scratch/before" - && rm -rf "$root"
}

wrong_names()
{
	refused "libdir='lib': expected an absolute path" \
		make -s install DESTDIR="$root" libdir=lib &&
		refused "prefix='/a b': expected an absolute path" \
			make -s install DESTDIR="$root" prefix='/a b' &&
		! below "$root" | grep .
}

# What kbuild, selftests, benchmark and Python leave is there by its names only.
clean()
{
	mkdir -p build/any kmod/.tmp_versions tools/test/__pycache__
	touch flipq.ko kmod/.main.o.cmd kmod/main.mod.c Module.symvers \
		modules.order selftests/abi selftests/fuzz/fuzz build/any/file \
		tools/test/__pycache__/any.pyc
	silent clean && find . -type f | sort | diff "$scratch/sources" - &&
		! find . -type d \( -name build -o -name __pycache__ \) | grep .
}

blanks()
{
	refused 'in a path with blanks' make -s modules KDIR="$tap_tmp/kernel"
}

# From here on in a path without: kernel headers as far as tools/make/kdir looks at them
headers()
{
	mv "$tree" "$tap_tmp/tree" && cd "$tap_tmp/tree" || return
	kernel=$tap_tmp/kernel
	mkdir -p "$kernel/include/config" "$kernel/include/generated" \
		"$kernel/scripts/mod"
	touch "$kernel/include/generated/autoconf.h" "$kernel/Module.symvers" \
		"$kernel/scripts/mod/modpost"
	printf 'CC = ccache %s\nmodules:\n\t@echo made\n' cc >"$kernel/Makefile"
	echo '#define UTS_RELEASE "1.2.3"' \
		>"$kernel/include/generated/utsrelease.h"
	for option in MODULES 64BIT CRC32 XXHASH LZ4_COMPRESS LZ4_DECOMPRESS \
		LZ4HC_COMPRESS LZO_COMPRESS LZO_DECOMPRESS ZSTD_COMPRESS \
		ZSTD_DECOMPRESS ZLIB_DEFLATE ZLIB_INFLATE
	do
		echo "CONFIG_$option=y"
	done >"$kernel/include/config/auto.conf"
	[ "$(make -s modules KDIR="$kernel")" = made ]
}

incomplete()
{
	refused "no kernel headers in KDIR=$kernel/none" \
		make -s modules KDIR="$kernel/none" || return
	for file in include/config/auto.conf Module.symvers; do
		mv "$kernel/$file" "$tap_tmp/away" &&
			refused "incomplete, without $file" \
				make -s modules KDIR="$kernel" &&
			mv "$tap_tmp/away" "$kernel/$file" || return
	done
}

# For the running kernel as it is when nothing else was asked for, and for one that
# was named as it is with DKMS.
of_another()
{
	refused "are of 1.2.3, not of $(uname -r):" \
		tools/make/kdir -r "$kernel" &&
		refused "are of 1.2.3, not of 1.2.4:" make -s modules \
			KDIR="$kernel" KERNELRELEASE=1.2.4 &&
		tools/make/kdir -k 1.2.3 "$kernel" && tools/make/kdir "$kernel"
}

# without OPTION TEXT
without()
{
	sed -i.was "/^CONFIG_$1=/d" "$kernel/include/config/auto.conf"
	refused "$2" make -s modules KDIR="$kernel" &&
		mv "$kernel/include/config/auto.conf.was" \
			"$kernel/include/config/auto.conf"
}

options()
{
	without MODULES 'CONFIG_MODULES is not set' &&
		without LZ4HC_COMPRESS 'lacks CONFIG_LZ4HC_COMPRESS:' &&
		without '[LZ].*_DECOMPRESS' \
			'lacks CONFIG_LZ4_DECOMPRESS CONFIG_LZO_DECOMPRESS' &&
		without 64BIT 'needs a 64-bit little-endian machine'
}

no_compiler()
{
	refused 'no compiler none-such, which the kernel' \
		make -s modules KDIR="$kernel" CC=none-such &&
		refused 'no compiler none-such' make -s tools CC=none-such
}

no_headers()
{
	refused 'no header lz4frame.h (Debian: liblz4-dev), zstd.h (Debian: ' \
		make -s -C tools/flipq flipq CPPFLAGS=-nostdinc
}

# apt without a network, as far as setup asks it
no_network()
{
	mkdir -p "$tap_tmp/bin" && cat >"$tap_tmp/bin/apt-get" <<-END
	#!/bin/sh
	[ "\$1" != indextargets ] || exec $(command -v apt-get) "\$@"
	echo "E: Failed to fetch http://a/b  Temporary failure resolving 'a'" >&2
	exit 100
	END
	chmod +x "$tap_tmp/bin/apt-get" || return
	! PATH="$tap_tmp/bin:$PATH" tools/vm/setup -q 2>"$scratch/out" || return
	cat "$scratch/out"
	[ "$(wc -l <"$scratch/out")" -eq 1 ] &&
		grep "resolving 'a'; run this where there is a network" \
			"$scratch/out" &&
		! find "$XDG_CACHE_HOME" -name '*.new' | grep .
}

# not_for WHERE OPTION...: flip.h does not compile so
not_for()
{
	where=$1
	shift
	[ "$where" = kernel ] || set -- -Itools/lib -Iuapi "$@"
	[ "$where" = user ] || set -- -D__KERNEL__ -I"$tap_tmp/stubs" "$@"
	! "${CC:-cc}" -E -Ikmod "$@" kmod/flip/flip.h >"$tap_tmp/out" 2>&1 &&
		grep '#error "flipq needs a 64-bit little-endian machine"' \
			"$tap_tmp/out"
}

other_machines()
{
	mkdir -p "$tap_tmp/stubs/linux"
	for name in atomic bitops compiler kconfig llist types; do
		: >"$tap_tmp/stubs/linux/$name.h"
	done
	not_for user -U__LP64__ &&
		not_for user -U__BYTE_ORDER__ \
			-D__BYTE_ORDER__=__ORDER_BIG_ENDIAN__ &&
		not_for kernel -D__LITTLE_ENDIAN &&
		not_for kernel -DCONFIG_64BIT -D__BIG_ENDIAN &&
		! not_for kernel -DCONFIG_64BIT -D__LITTLE_ENDIAN &&
		! not_for user
}

tap_start
copy
ok "library and tool build in a path with blanks" built
ok "make install installs what users need, with blanks in DESTDIR" installed
ok "whoever may read it, and root may write it" modes
ok "the library has the names of its version and its ABI" links
ok "an example builds with pkg-config, and runs" example
ok "the tool runs" runs
ok "its other names stand for options" names
ok "bash completes what the tool takes, and the other shells are told" completion
ok "the manuals are found" manuals
ok "make uninstall leaves nothing" uninstalled
ok "directories go by the GNU names" gnu_names
ok "without DESTDIR what was there before stays" not_ours
ok "V=1 says what is installed, and V=0 nothing" said
ok "O= is refused" refused 'flipq is built where its sources are' make O=/tmp tools
ok "so are directories that a program could not be told" wrong_names
ok "what cannot be installed leaves nothing" in_the_way
if unshare -m mount -t tmpfs none /mnt 2>/dev/null; then
	for size in 16k 100k 260k; do
		ok "nor does a disk that is full at $size" full "$size"
	done
else
	tap_skip "nor does a full disk" "no mount namespace for this user"
fi
ok "the module is refused in a path with blanks" blanks
ok "make clean needs no cache and leaves the sources" clean
ok "kernel headers of which all is there are taken" headers
ok "those that are incomplete are not" incomplete
ok "nor, unless named, those of another kernel" of_another
ok "an option that the kernel lacks is named" options
ok "so is a compiler that is missing" no_compiler
ok "and a header" no_headers
if [ "$(id -u)" -eq 0 ] && [ "$(command -v dpkg-deb)" ]; then
	ok "setup needs a network, and says so" no_network
else
	tap_skip "setup needs a network, and says so" "not root, or not Debian"
fi
ok "32-bit and big-endian machines are refused" other_machines
tap_end
