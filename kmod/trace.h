/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.h - tracepoints, system "flipq"
 *
 * Queues are told apart by a number that counts them from 1.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM flipq

#if !defined(FLIPQ_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define FLIPQ_TRACE_H

#include <linux/tracepoint.h>

#include <linux/flipq.h>

TRACE_EVENT(flipq_queue_create,
	    TP_PROTO(u32 queue, u32 partitions, u32 slots, u64 bytes),
	    TP_ARGS(queue, partitions, slots, bytes),
	    TP_STRUCT__entry(__field(u32, queue)
			     __field(u32, partitions)
			     __field(u32, slots)
			     __field(u64, bytes)
	    ),
	    TP_fast_assign(__entry->queue = queue;
			   __entry->partitions = partitions;
			   __entry->slots = slots;
			   __entry->bytes = bytes;
	    ),
	    TP_printk("queue=%u partitions=%u slots=%u bytes=%llu",
		      __entry->queue, __entry->partitions, __entry->slots,
		      __entry->bytes)
);

TRACE_EVENT(flipq_queue_destroy,
	    TP_PROTO(u32 queue),
	    TP_ARGS(queue),
	    TP_STRUCT__entry(__field(u32, queue)
	    ),
	    TP_fast_assign(__entry->queue = queue;
	    ),
	    TP_printk("queue=%u", __entry->queue)
);

TRACE_EVENT(flipq_request_start,
	    TP_PROTO(u32 queue, u32 partition, u32 slot,
		     const struct flipq_desc *desc),
	    TP_ARGS(queue, partition, slot, desc),
	    TP_STRUCT__entry(__field(u32, queue)
			     __field(u8, partition)
			     __field(u8, slot)
			     __field(u8, opcode)
			     __field(u8, codec)
			     __field(u32, in)
	    ),
	    TP_fast_assign(__entry->queue = queue;
			   __entry->partition = partition;
			   __entry->slot = slot;
			   __entry->opcode = desc->opcode;
			   __entry->codec = desc->codec;
			   __entry->in = desc->src_len;
	    ),
	    TP_printk("queue=%u partition=%u slot=%u opcode=%u codec=%u in=%u",
		      __entry->queue, __entry->partition, __entry->slot,
		      __entry->opcode, __entry->codec, __entry->in)
);

TRACE_EVENT(flipq_request_complete,
	    TP_PROTO(u32 queue, u32 partition, u32 slot,
		     const struct flipq_desc *desc,
		     const struct flipq_result *res, u64 ns),
	    TP_ARGS(queue, partition, slot, desc, res, ns),
	    TP_STRUCT__entry(__field(u32, queue)
			     __field(u8, partition)
			     __field(u8, slot)
			     __field(u8, opcode)
			     __field(u8, codec)
			     __field(u32, in)
			     __field(u32, out)
			     __field(s32, status)
			     __field(u32, flags)
			     __field(u64, ns)
	    ),
	    TP_fast_assign(__entry->queue = queue;
			   __entry->partition = partition;
			   __entry->slot = slot;
			   __entry->opcode = desc->opcode;
			   __entry->codec = desc->codec;
			   __entry->in = desc->src_len;
			   __entry->out = res->len;
			   __entry->status = res->status;
			   __entry->flags = res->flags;
			   __entry->ns = ns;
	    ),
	    TP_printk("queue=%u partition=%u slot=%u opcode=%u codec=%u in=%u out=%u status=%d flags=0x%x ns=%llu",
		      __entry->queue, __entry->partition, __entry->slot,
		      __entry->opcode, __entry->codec, __entry->in, __entry->out,
		      __entry->status, __entry->flags, __entry->ns)
);

DECLARE_EVENT_CLASS(flipq_worker,
		    TP_PROTO(u32 cpu),
		    TP_ARGS(cpu),
		    TP_STRUCT__entry(__field(u32, cpu)
		    ),
		    TP_fast_assign(__entry->cpu = cpu;
		    ),
		    TP_printk("worker=%u", __entry->cpu)
);

DEFINE_EVENT(flipq_worker, flipq_worker_sleep, TP_PROTO(u32 cpu), TP_ARGS(cpu));
DEFINE_EVENT(flipq_worker, flipq_worker_wake, TP_PROTO(u32 cpu), TP_ARGS(cpu));

TRACE_EVENT(flipq_kick,
	    TP_PROTO(u32 queue, u32 partition),
	    TP_ARGS(queue, partition),
	    TP_STRUCT__entry(__field(u32, queue)
			     __field(u32, partition)
	    ),
	    TP_fast_assign(__entry->queue = queue;
			   __entry->partition = partition;
	    ),
	    TP_printk("queue=%u partition=%u", __entry->queue, __entry->partition)
);

#endif /* FLIPQ_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
