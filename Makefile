# SPDX-License-Identifier: GPL-2.0-only
# The commands of a user; what flipq.ko is made of is in Kbuild.

KDIR	  ?= /lib/modules/$(shell uname -r)/build
KSELFTEST ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/flipq/kernel-source/tools/testing/selftests
CODEC	  ?= lz4
K	  ?= 6.12
COMMIT	  ?= HEAD
VERSION	  := $(shell sed -n 's/^FLIPQ_VERSION := //p' Kbuild)
RELEASE	  := flipq-$(VERSION)
NEEDS	  := $(addprefix CONFIG_,$(shell sed -n 's/^FLIPQ_NEEDS [:+]= //p' Kbuild))
DKMS_SOURCE = $(DESTDIR)/usr/src/$(RELEASE)

# As the kernel's make has them: V=1 says all commands, V=0 none.
ifeq ($(V),0)
MAKEFLAGS += -s
endif
ifeq ($(origin O),command line)
$(error O=$(O): flipq is built where its sources are; copy them there instead)
endif

# These make's command line hands on to tools/make/install, with DESTDIR and the
# directories that it lists.
export KDIR

all: modules tools ## the module and the tools (the default)

help: ## this list
	@echo 'make TARGET, where TARGET is:'
	@awk -F'## ' '/^[a-z_-]+:.*## / { sub(/:.*/, "", $$1); \
		printf "  %-17s%s\n", $$1, $$2 }' Makefile
	@echo 'Variables: KDIR (kernel headers), prefix, DESTDIR, V, FILE, CODEC, T, K'

modules: ## flipq.ko, against KDIR (default: of the running kernel)
	@tools/make/kdir $(if $(KERNELRELEASE),-k '$(KERNELRELEASE)',$(if \
		$(filter file,$(origin KDIR)),-r)) '$(KDIR)'
	$(MAKE) -C '$(KDIR)' M='$(CURDIR)' modules

tools: ## libflipq and the tool flipq
	$(MAKE) -C tools/lib
	$(MAKE) -C tools/flipq

selftests: ## the kselftests, against KSELFTEST
	$(MAKE) -C selftests KSELFTEST=$(KSELFTEST)

setup: ## install and fetch what run and test need (Debian, as root)
	@tools/vm/setup

run: ## a guest's memory, or FILE, through /dev/flipq in a VM; CODEC=lz4|zstd|gzip
	@tools/vm/setup -q
	@tools/vm/roundtrip -a '$(CODEC)' $(if $(FILE),'$(FILE)')

check: tools ## what needs no root, no network, no VM: units, for packagers
	@tools/test/run check

test: ## all tests: style, units, VM tests on both kernels
	@tools/vm/setup -q -l -p
	@tools/test/run

test-debug: ## debug kernels, detectors, models; builds what is missing
	@tools/vm/setup -q -b
	@tools/test/run test-debug

test-all: ## everything at length, test and test-debug included
	@tools/vm/setup -q -b -c -e -g -l -m -p -r -t
	@tools/test/run test-all

test-one: ## one selftest, T=NAME, in the VM, K=6.1|6.12|kasan|kcsan|PATH
	@test -n '$(T)' || { echo 'make test-one T=NAME [K=KERNEL]' >&2; exit 2; }
	@tools/vm/setup -q
	@tools/test/run -k '$(K)' $(T)

coverage: ## what the tests reach of module, library and tool, on kernel kasan
	@tools/vm/setup -q -b -g
	@tools/test/coverage

soak: ## queues at work for MINUTES (10) while CPUs and processes come and go
	@tools/vm/setup -q
	@tools/test/soak -k '$(K)' $(MINUTES)

bench: ## flipq against what there is; tables and plots; PROFILE=1: functions
	@tools/vm/setup -q $(if $(PROFILE),-f)
	@tools/bench/measure

doc: ## draw the pictures, of tools/doc/gain.csv and qemu.csv
	@tools/bench/picture
	@tools/qemu/plot

qemu: ## QEMU with multifd method flipq, in the cache; QEMU=7.2 for a line
	@tools/vm/setup -q -b -e
	@tools/qemu/build $(QEMU)

style: ## the rules of style and the static checkers
	@tools/vm/setup -q
	@tools/style/check

install: tools ## library, headers, tool, manuals, udev rule (not the module)
	@tools/make/install

uninstall: ## take away what install with the same directories installed
	@tools/make/install -u

modules_install: modules ## the module, for the running kernel
	$(MAKE) -C '$(KDIR)' M='$(CURDIR)' modules_install

release: ## build/flipq-VERSION.tar.gz of what is committed
	@test -n '$(VERSION)' || { \
		echo 'release: no FLIPQ_VERSION in Kbuild' >&2; exit 1; }
	@test -e .git || { echo 'release: not a git checkout' >&2; exit 1; }
	@$(MAKE) -s build/dkms.conf
	@git archive --format=tar.gz --prefix='$(RELEASE)/' \
		--add-file=build/dkms.conf \
		-o "build/$(RELEASE).tar.gz.$$$$" '$(COMMIT)' && \
		mv "build/$(RELEASE).tar.gz.$$$$" 'build/$(RELEASE).tar.gz'
	@echo 'build/$(RELEASE).tar.gz'

deb: release ## Debian packages of what is committed, into build/deb/
	@tools/vm/setup -q -p
	@tools/packaging/make-deb 'build/$(RELEASE).tar.gz' build/deb

rpm: release ## RPMs of what is committed, into build/rpm/
	@tools/packaging/make-rpm 'build/$(RELEASE).tar.gz' build/rpm

build/dkms.conf: tools/packaging/dkms.conf.in Kbuild
	mkdir -p build
	sed -e 's/@VERSION@/$(VERSION)/' -e 's/@NEEDS@/$(NEEDS)/' $< >$@

# What DKMS builds the module from, and nothing else.
dkms-source: build/dkms.conf
	install -d '$(DKMS_SOURCE)'
	tar -c --owner=0 --group=0 --mode=u+rwX,go=rX \
		--exclude='.*' --exclude='*.o' --exclude='*.ko' --exclude='*.mod*' \
		COPYING Kbuild Makefile kmod uapi \
		tools/make/kdir | tar -x -C '$(DKMS_SOURCE)'
	install -m 644 build/dkms.conf '$(DKMS_SOURCE)'

dkms-install: dkms-source ## the module by DKMS: for this kernel and later ones
	dkms install 'flipq/$(VERSION)' $(addprefix -k ,$(KERNELRELEASE))

dkms-uninstall: ## take that away again
	dkms remove 'flipq/$(VERSION)' --all
	rm -rf '$(DKMS_SOURCE)'

# By name, as the kernel's make would need its headers for it.
clean: ## remove what was built; the cache stays
	for dir in tools/lib tools/flipq tools/bench tools/python tools/rust selftests \
		selftests/fuzz_frames; do $(MAKE) -C $$dir clean || exit 1; done
	find . -name .git -prune -o \( -name '*.o' -o -name '*.o.d' -o \
		-name '*.ko' -o -name '*.mod' -o -name '*.mod.c' -o \
		-name '.*.cmd' -o -name Module.symvers -o \
		-name modules.order -o -name '.checkpatch-camelcase*' \) \
		-type f -exec rm -f {} +
	find . -name .git -prune -o \( -name __pycache__ -o \
		-name .tmp_versions \) -type d -prune -exec rm -rf {} +
	rm -rf build

.PHONY: all help modules tools selftests setup run check test test-debug \
	test-all test-one coverage soak bench doc qemu style \
	install uninstall modules_install dkms-source dkms-install dkms-uninstall \
	release deb rpm clean
