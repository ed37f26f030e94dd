/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracepoint.h - tracepoints that nobody can switch on
 */
#include <shim.h>

#define TP_PROTO(...)	__VA_ARGS__
#define TP_ARGS(...)	__VA_ARGS__

/* Arguments of which nothing is made, as where the kernel has no tracepoints. */
#define TRACE_EVENT(name, proto, ...) \
	static inline void __attribute__((unused)) trace_##name(proto) {}
#define DECLARE_EVENT_CLASS(name, ...)
#define DEFINE_EVENT(class, name, proto, ...) \
	static inline void __attribute__((unused)) trace_##name(proto) {}
