# SPDX-License-Identifier: GPL-2.0-only
# The version and the day of its release, which Kbuild has and nobody else.
kbuild := $(dir $(lastword $(MAKEFILE_LIST)))../Kbuild
VERSION := $(shell sed -n 's/^FLIPQ_VERSION := //p' '$(kbuild)')
DATE := $(shell sed -n 's/^FLIPQ_DATE := //p' '$(kbuild)')
ifeq ($(VERSION)$(DATE),)
$(error $(kbuild) has no FLIPQ_VERSION and FLIPQ_DATE)
endif
