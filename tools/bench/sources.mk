# SPDX-License-Identifier: GPL-2.0-only
# sources.mk - the shared files, for the programs and for their checks; names are
# relative to this directory, and $(BENCH) is where that is
CORE   := $(patsubst $(BENCH)/%,%,$(wildcard $(BENCH)/core/*.c))
MODELS := $(patsubst $(BENCH)/%,%,$(wildcard $(BENCH)/models/*.c))

# kmod/engine as user space compiles it, without its submitter in the kernel; its
# headers come before the system's, as <linux/list.h> and others are meant.
KMOD	     := $(BENCH)/../../kmod
ENGINE	     := $(filter-out workqueue.c,$(notdir \
	$(wildcard $(KMOD)/engine/*.c))) user/shim.c
ENGINE_FLAGS := -std=gnu11 -Wall -I$(KMOD)/engine/user -I$(KMOD) \
	-I$(BENCH)/../../uapi -D_GNU_SOURCE -pthread -MMD -MP
# -MMD leaves out what -isystem finds
ENGINE_SHIM  := $(KMOD)/engine/user/shim.h

# io_uring is compared with where its library is there to build with
ifeq ($(shell pkg-config --exists liburing 2>/dev/null && echo yes),yes)
override CPPFLAGS += -DHAVE_LIBURING $(shell pkg-config --cflags liburing)
URING_LIBS := $(shell pkg-config --libs liburing)
else
MODELS := $(filter-out models/uring.c,$(MODELS))
endif
