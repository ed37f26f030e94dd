// SPDX-License-Identifier: GPL-2.0-only
/*
 * old_abi - a program that was compiled when the ABI was version 1: it knows
 * nothing of any later header, and everything that it does works
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "abi_v1.h"
#include "kselftest_harness.h"

#define DEVICE	"/dev/flipq"
#define SLOTS	4
#define SIZE	4096U
#define ARENA	65536U
#define LONG	(100ULL * 1000000000)
#define GUARD	0x5a

/*
 * A call. Behind the struct are bytes that the kernel is not told of, and may
 * not write. Return: 0, a negative errno, or -EPROTO where it did.
 */
static int call(int fd, unsigned long cmd, void *arg, __u32 size)
{
	unsigned char room[512], guard[64];
	int error;

	memset(room, GUARD, sizeof(room));
	memset(guard, GUARD, sizeof(guard));
	memcpy(arg, &size, sizeof(size));
	memcpy(room, arg, size);
	error = ioctl(fd, cmd, room) ? -errno : 0;
	if (memcmp(room + size, guard, sizeof(guard)) ||
	    memcmp(room, &size, sizeof(size)))
		return -EPROTO;
	memcpy(arg, room, size);
	return error;
}

FIXTURE(old_abi) {
	int fd;
	struct v1_setup setup;
	unsigned char *sub;
	unsigned char *comp;
	unsigned char *arena;
};

FIXTURE_SETUP(old_abi)
{
	static const struct v1_codec codec = { .algorithm = V1_ALG_LZ4 };
	struct v1_setup *s = &self->setup;

	if (access(DEVICE, F_OK))
		SKIP(return, "no " DEVICE ": flipq.ko is not loaded");
	self->fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	*s = (struct v1_setup){
		.slots = SLOTS, .partitions = 1, .owner_partitions = 1,
		.in_size = SIZE, .out_size = SIZE, .arena_size = ARENA,
		.codecs = (uintptr_t)&codec, .nr_codecs = 1,
	};
	ASSERT_EQ(0, call(self->fd, V1_IOC_SETUP, s, sizeof(*s)));
	self->sub = mmap(NULL, s->sub_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 self->fd, (off_t)s->sub_offset);
	self->comp = mmap(NULL, s->comp_size, PROT_READ, MAP_SHARED, self->fd,
			  (off_t)s->comp_offset);
	self->arena = mmap(NULL, s->arena_size, PROT_READ | PROT_WRITE,
			   MAP_SHARED, self->fd, (off_t)s->arena_offset);
	ASSERT_NE(MAP_FAILED, self->sub);
	ASSERT_NE(MAP_FAILED, self->comp);
	ASSERT_NE(MAP_FAILED, self->arena);
}

FIXTURE_TEARDOWN(old_abi)
{
	close(self->fd);
}

/* Put @d into a slot of partition @p and hand it over. */
static void hand_over(const struct v1_setup *s, unsigned char *sub,
		      unsigned int p, unsigned int slot,
		      const struct v1_desc *d)
{
	unsigned char *chunk = sub + (size_t)p * s->sub_stride;
	struct v1_submission *words = (void *)chunk;

	memcpy(chunk + s->desc_offset + (size_t)slot * s->desc_stride, d,
	       sizeof(*d));
	__atomic_fetch_xor(&words->fill, 1ULL << slot, __ATOMIC_SEQ_CST);
}

static struct v1_result result_of(const struct v1_setup *s,
				  const unsigned char *comp, unsigned int p,
				  unsigned int slot)
{
	struct v1_result r;

	memcpy(&r, comp + (size_t)p * s->comp_stride + s->result_offset +
	       (size_t)slot * s->result_stride, sizeof(r));
	return r;
}

TEST_F(old_abi, questions)
{
	struct v1_info info = { .flags = 0 };
	struct v1_codec_info codec = { .index = 0 };
	struct v1_stats stats = { .of = V1_STATS_QUEUE };
	struct v1_probe probe = { .of = V1_PROBE_OPCODE, .value = V1_OP_FLUSH };
	struct v1_probe later = { .of = 1000, .value = 1 };

	EXPECT_EQ(0, call(self->fd, V1_IOC_INFO, &info, sizeof(info)));
	EXPECT_LE(V1_ABI_VERSION, info.abi);
	EXPECT_LE(SLOTS, info.max_slots);
	EXPECT_EQ(0, ~info.opcodes & ((1ULL << V1_OP_NR) - 1));
	EXPECT_EQ(0, call(self->fd, V1_IOC_CODEC, &codec, sizeof(codec)));
	EXPECT_NE(0, codec.name[0]);
	EXPECT_EQ(0, call(self->fd, V1_IOC_STATS, &stats, sizeof(stats)));
	EXPECT_EQ(0, stats.counters.requests);
	EXPECT_EQ(0, call(self->fd, V1_IOC_PROBE, &probe, sizeof(probe)));
	EXPECT_EQ(1, probe.known);
	EXPECT_EQ(0, call(self->fd, V1_IOC_PROBE, &later, sizeof(later)));
	EXPECT_EQ(0, later.known);
}

TEST_F(old_abi, requests)
{
	struct v1_setup *s = &self->setup;
	const struct v1_desc nop = { .opcode = V1_OP_NOP };
	const struct v1_desc pack = {
		.opcode = V1_OP_COMPRESS, .src_len = SIZE, .dst_len = SIZE,
		.flags = V1_REQ_DETECT_FILL | V1_REQ_CSUM_CRC32,
	};
	const struct v1_desc copy = {
		.opcode = V1_OP_COPY, .src_len = SIZE, .dst_len = SIZE,
		.flags = V1_REQ_SRC_ARENA | V1_REQ_DST_ARENA, .dst = SIZE,
	};
	const struct v1_desc flush = {
		.opcode = V1_OP_FLUSH, .src_len = SIZE,
		.flags = V1_REQ_SRC_ARENA | V1_REQ_DST_ARENA,
		.dst = 2 * SIZE, .flush.bitmap = ARENA - 8, .flush.count = 1,
	};
	struct v1_enter enter = {
		.flags = V1_ENTER_KICK | V1_ENTER_WAIT, .kick = 1,
		.minimum = SLOTS, .timeout = LONG,
	};
	struct v1_result r;

	memset(self->arena, 7, SIZE);
	self->arena[ARENA - 8] = 1;
	hand_over(s, self->sub, 0, 0, &nop);
	hand_over(s, self->sub, 0, 1, &pack);
	hand_over(s, self->sub, 0, 2, &copy);
	hand_over(s, self->sub, 0, 3, &flush);
	EXPECT_EQ(0, call(self->fd, V1_IOC_ENTER, &enter, sizeof(enter)));
	EXPECT_EQ(SLOTS, enter.ready);
	r = result_of(s, self->comp, 0, 0);
	EXPECT_EQ(V1_STATUS_OK, r.status);
	r = result_of(s, self->comp, 0, 1);
	EXPECT_EQ(V1_STATUS_OK, r.status);
	EXPECT_EQ(V1_RES_FILLED, r.flags);
	EXPECT_EQ(0, r.filled);
	EXPECT_EQ(0xc71c0011, r.csum) TH_LOG("crc32 of 4096 zeros");
	r = result_of(s, self->comp, 0, 2);
	EXPECT_EQ(V1_STATUS_OK, r.status);
	EXPECT_EQ(SIZE, r.len);
	EXPECT_EQ(0, memcmp(self->arena, self->arena + SIZE, SIZE));
	r = result_of(s, self->comp, 0, 3);
	EXPECT_EQ(V1_STATUS_OK, r.status);
	EXPECT_EQ(1, r.flush.pages);
	EXPECT_EQ(1, r.flush.words);
	EXPECT_EQ(0, memcmp(self->arena, self->arena + 2 * SIZE, SIZE));
	EXPECT_EQ(0, self->arena[ARENA - 8]);
}

TEST_F(old_abi, serve_and_cancel)
{
	struct v1_setup *s = &self->setup;
	const struct v1_desc nop = { .opcode = V1_OP_NOP };
	const struct v1_desc odd = { .opcode = 255 };
	struct v1_cancel cancel = { .partition = 1, .slots = 1 };
	struct v1_serve serve = { .partition = 1 };

	hand_over(s, self->sub, 1, 0, &nop);
	EXPECT_EQ(0, call(self->fd, V1_IOC_CANCEL, &cancel, sizeof(cancel)));
	EXPECT_EQ(1, cancel.cancelled);
	EXPECT_EQ(V1_STATUS_ECANCELED,
		  result_of(s, self->comp, 1, 0).status);
	hand_over(s, self->sub, 1, 1, &nop);
	hand_over(s, self->sub, 1, 2, &odd);
	EXPECT_EQ(0, call(self->fd, V1_IOC_SERVE, &serve, sizeof(serve)));
	EXPECT_EQ(2, serve.served);
	EXPECT_EQ(V1_STATUS_OK, result_of(s, self->comp, 1, 1).status);
	EXPECT_EQ(V1_STATUS_EINVAL, result_of(s, self->comp, 1, 2).status);
}

TEST_HARNESS_MAIN
