// SPDX-License-Identifier: GPL-2.0-only
/*
 * foreign - nothing of one user's requests ever is in another user's memory
 *
 * Two users share a worker, and with it what its codecs write to. Before each
 * request of one, the other's have left strings there that occur nowhere else:
 * as input, as output, and in the codec's workspace, plain and compressed. Then
 * come streams, sound ones, cut ones, mutated ones and such as no compressor
 * makes, and inputs to compress, with their output in a slot, in the arena or at
 * an address. None of the strings may come out anywhere, not even for a moment.
 * Nor may anything change but the bytes that the result tells of. And each
 * request is made twice, after different strings: that must make no difference.
 */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <sys/wait.h>

#include "foreign_texts.h"
#include "made.h"

#define OWN_UID		1002
#define ROUND		20U
#define ROUNDS		50U
/* Unless these have taken as long as this. */
#define ROUNDS_MIN	10U
#define TIME		(4 * SECOND)
#define STREAMS		6U
#define WHY		160

enum place { SLOT, IN_ARENA, USER, PLACES };
enum sort { SOUND, CUT, MUTATED, MADE };

/**
 * struct tally - what one run came to
 * @sort: requests by sort: enum sort
 * @place: of these, by where their output went
 * @accepted: of these, with status 0
 * @foreign: strings of the neighbour's that were found
 * @brief: bytes seen while a request was under way that were not to stay
 * @stray: bytes that changed and should not have
 * @moved: results that depended on what the neighbour had done
 * @looks: at the output while a request was under way
 * @why: what was wrong first, or ""
 */
struct tally {
	u32 sort[4];
	u32 place[PLACES];
	u32 accepted;
	u32 foreign;
	u32 brief;
	u32 stray;
	u32 moved;
	u32 looks;
	char why[WHY];
};

/**
 * struct common - what the processes tell each other
 * @texts: the neighbour's
 * @tally: result
 */
struct common {
	struct texts texts;
	struct tally tally;
};

FIXTURE(foreign) {
	struct common *common;
	mode_t mode;
};

FIXTURE_VARIANT(foreign) {
	u8 codec;
	u8 opcode;
};

FIXTURE_VARIANT_ADD(foreign, lz4_unpack) { 0, FLIPQ_OP_DECOMPRESS };
FIXTURE_VARIANT_ADD(foreign, lz4hc_unpack) { 1, FLIPQ_OP_DECOMPRESS };
FIXTURE_VARIANT_ADD(foreign, lzo_unpack) { 2, FLIPQ_OP_DECOMPRESS };
FIXTURE_VARIANT_ADD(foreign, zstd_unpack) { 3, FLIPQ_OP_DECOMPRESS };
FIXTURE_VARIANT_ADD(foreign, deflate_unpack) { 4, FLIPQ_OP_DECOMPRESS };
FIXTURE_VARIANT_ADD(foreign, lz4_pack) { 0, FLIPQ_OP_COMPRESS };
FIXTURE_VARIANT_ADD(foreign, lz4hc_pack) { 1, FLIPQ_OP_COMPRESS };
FIXTURE_VARIANT_ADD(foreign, lzo_pack) { 2, FLIPQ_OP_COMPRESS };
FIXTURE_VARIANT_ADD(foreign, zstd_pack) { 3, FLIPQ_OP_COMPRESS };
FIXTURE_VARIANT_ADD(foreign, deflate_pack) { 4, FLIPQ_OP_COMPRESS };

FIXTURE_SETUP(foreign)
{
	struct stat st;

	DEVICE_OR_SKIP(return);
	if (variant->opcode == FLIPQ_OP_COMPRESS &&
	    !raw_compresses(codecs[variant->codec].algorithm))
		SKIP(return, NO_COMPRESSION);
	ASSERT_EQ(0, stat(DEVICE, &st));
	self->mode = st.st_mode & 07777;
	ASSERT_EQ(0, chmod(DEVICE, 0666));
	self->common = mmap(NULL, sizeof(*self->common), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->common);
}

FIXTURE_TEARDOWN(foreign)
{
	EXPECT_EQ(0, chmod(DEVICE, self->mode));
	munmap(self->common, sizeof(*self->common));
}

/* Places, the owner-served partition's slots, what is before both's slots. */
enum { OWN_SLOTS = PLACES, RESULTS, OWN_RESULTS, REGIONS };

/**
 * struct region - memory of the user's that outputs may come to
 * @name: in words
 * @at: where
 * @image: what should be there
 * @size: bytes
 */
struct region {
	const char *name;
	const u8 *at;
	u8 *image;
	size_t size;
};

/**
 * struct outcome - what a request came to
 * @status: of its result
 * @len: of its output
 * @hash: of the bytes of its output
 */
struct outcome {
	int status;
	u32 len;
	u64 hash;
};

/**
 * struct trial - one request
 * @desc: descriptor
 * @place: where its output goes
 * @sort: what its input is
 * @input: the bytes
 * @plain: what must come out, or NULL
 */
struct trial {
	struct flipq_desc desc;
	enum place place;
	enum sort sort;
	struct stream input;
	const struct stream *plain;
};

/**
 * struct user - the one who looks for the other's strings
 * @q: queue
 * @c: what the processes share
 * @strings: the neighbour's
 * @in: the neighbour is done
 * @out: it is its turn
 * @buffer: memory for outputs at an address
 * @region: all memory that is looked at
 * @plain: own texts
 * @packed: the same, compressed
 * @codec: codec under test
 * @opcode: and direction
 * @glimpsed: there is something in @seen
 * @seen: bytes of the destination that changed under way, with SEEN, or 0
 */
struct user {
	struct rawq q;
	struct common *c;
	struct strings *strings;
	int in;
	int out;
	u8 *buffer;
	struct region region[REGIONS];
	struct stream plain[STREAMS];
	struct stream packed[STREAMS];
	u8 codec;
	u8 opcode;
	bool glimpsed;
	unsigned short seen[SIZE];
};

#define SEEN	0x100
/* So many before a look at the time. */
#define LOOKS	8U

static void complain(struct user *u, const struct trial *t, const char *what,
		     const char *where)
{
	static const char * const sorts[] = {
		"sound", "cut", "mutated", "hand-made",
	};
	struct tally *y = &u->c->tally;

	if (!y->why[0])
		snprintf(y->why, sizeof(y->why), "request %u, %s input: %s%s",
			 y->place[SLOT] + y->place[IN_ARENA] + y->place[USER],
			 sorts[t->sort], what, where);
}

static int region_init(struct region *r, const char *name, const u8 *at,
		       size_t size)
{
	r->name = name;
	r->at = at;
	r->size = size;
	r->image = malloc(size);
	if (!r->image)
		return -ENOMEM;
	memcpy(r->image, at, size);
	return 0;
}

static int user_regions(struct user *u)
{
	const struct flipq_setup *s = &u->q.setup;
	size_t size = s->comp_stride - s->out_offset;
	const u8 *at;
	int error;

	u->buffer = calloc(1, ARENA);
	if (!u->buffer)
		return -ENOMEM;
	error = region_init(&u->region[SLOT], "the slots",
			    raw_out(&u->q, SHARED, 0), size);
	if (!error)
		error = region_init(&u->region[IN_ARENA], "the arena",
				    u->q.arena, ARENA);
	if (!error)
		error = region_init(&u->region[USER], "memory of the owner's",
				    u->buffer, ARENA);
	if (!error)
		error = region_init(&u->region[OWN_SLOTS],
				    "owner-served slots",
				    raw_out(&u->q, OWNED, 0), size);
	at = (const u8 *)(raw_result(&u->q, SHARED, 0) + SLOTS);
	size = (size_t)(raw_out(&u->q, SHARED, 0) - at);
	if (!error)
		error = region_init(&u->region[RESULTS], "front of the slots",
				    at, size);
	at = (const u8 *)(raw_result(&u->q, OWNED, 0) + SLOTS);
	if (!error)
		error = region_init(&u->region[OWN_RESULTS],
				    "front of owner-served slots", at, size);
	return error;
}

/* Of all sizes, and with text, noise and repetition in it. */
static int user_texts(struct user *u)
{
	int error = 0;
	u32 i;

	for (i = 0; i < STREAMS && !error; i++) {
		struct stream *s = &u->plain[i];

		s->len = SIZE >> i;
		data_text(s->bytes, s->len, i + 100);
		data_random(s->bytes + s->len / 2, s->len / 8, i + 100);
		memset(s->bytes + s->len / 8 * 7, 'x', s->len / 8);
		error = pack(&u->q, SHARED, u->codec, s, &u->packed[i]);
	}
	return error;
}

static void make_by_hand(const struct user *u, u64 *random, struct stream *s)
{
	memset(s->bytes, 0, SIZE);
	switch (codecs[u->codec].algorithm) {
	case FLIPQ_ALG_ZSTD:
		s->len = made_zstd(s->bytes, random, SIZE - 64);
		break;
	case FLIPQ_ALG_LZO:
		s->len = made_lzo(s->bytes, random, SIZE);
		break;
	case FLIPQ_ALG_DEFLATE:
		s->len = made_deflate(s->bytes, random, SIZE);
		break;
	default:
		s->len = made_lz4(s->bytes, random, SIZE);
		break;
	}
}

/* Something to decompress. */
static void make_packed(const struct user *u, u64 *random, struct trial *t)
{
	u32 i = rnd_below(random, STREAMS), n = 1 + rnd_below(random, 3);

	t->sort = (enum sort)rnd_below(random, 4);
	t->plain = t->sort == SOUND ? &u->plain[i] : NULL;
	t->input = u->packed[i];
	if (t->sort == CUT)
		t->input.len = rnd_below(random, t->input.len);
	if (t->sort == MADE)
		make_by_hand(u, random, &t->input);
	/* One in three of those made by hand is spoiled, too. */
	if (t->sort == MADE && rnd_below(random, 3))
		return;
	while (t->sort >= MUTATED && n-- && t->input.len)
		t->input.len = mutation(random, t->input.bytes, t->input.len,
					SIZE);
}

/* Something to compress. */
static void make_plain(const struct user *u, u64 *random, struct trial *t)
{
	u32 i = rnd_below(random, STREAMS), n = 1 + rnd_below(random, 3);

	t->sort = (enum sort)rnd_below(random, 4);
	t->plain = NULL;
	t->input = u->plain[i];
	if (t->sort == CUT)
		t->input.len = rnd_below(random, t->input.len);
	if (t->sort == MADE)
		make_by_hand(u, random, &t->input);
	while (t->sort == MUTATED && n-- && t->input.len)
		t->input.len = mutation(random, t->input.bytes, t->input.len,
					SIZE);
}

/* Often enough, often a bit too little, sometimes anything. */
static u32 any_room(const struct user *u, u64 *random)
{
	u32 i = rnd_below(random, STREAMS);
	u32 len = u->opcode == FLIPQ_OP_COMPRESS ? u->packed[i].len :
						   u->plain[i].len;

	switch (rnd_below(random, 8)) {
	case 0:
		return rnd_below(random, 64);
	case 1:
		return len - rnd_below(random, 16);
	case 2:
		return len;
	case 3:
		return rnd_below(random, SIZE + 1);
	default:
		return SIZE;
	}
}

static void make_trial(const struct user *u, u64 *random, struct trial *t)
{
	static const u32 flags[PLACES] = {
		FLIPQ_REQ_DST_SLOT, FLIPQ_REQ_DST_ARENA, FLIPQ_REQ_DST_USER,
	};
	u32 i = rnd_below(random, 8), size;

	if (u->opcode == FLIPQ_OP_COMPRESS)
		make_plain(u, random, t);
	else
		make_packed(u, random, t);
	t->place = i < 4 ? SLOT : i < 7 ? IN_ARENA : USER;
	t->desc = plain_desc(u->opcode, u->codec, t->input.len);
	t->desc.flags = flags[t->place];
	t->desc.dst_len = any_room(u, random);
	size = t->place == SLOT ? SIZE : ARENA;
	if (rnd_below(random, 2))
		t->desc.dst = rnd_below(random, size - t->desc.dst_len + 1);
}

/* What the user may write is its own background before a request. */
static void prepare(struct user *u, const struct trial *t)
{
	struct region *r = &u->region[t->place];
	u8 *at = t->place == USER ? u->buffer : u->q.arena;
	struct flipq_desc d = t->desc;

	if (t->place != SLOT) {
		memset(at + d.dst, '.', d.dst_len);
		memset(r->image + d.dst, '.', d.dst_len);
	}
	if (t->place == USER)
		d.dst += (uintptr_t)u->buffer;
	memcpy(raw_in(&u->q, t->place == USER ? OWNED : SHARED, 0),
	       t->input.bytes, t->input.len);
	*raw_desc(&u->q, t->place == USER ? OWNED : SHARED, 0) = d;
}

static int neighbours_turn(const struct user *u)
{
	char byte = 0;

	if (write(u->out, &byte, 1) != 1 || read(u->in, &byte, 1) != 1)
		return -EPIPE;
	return 0;
}

/* The destination differs from what it was: keep what is there for a moment. */
static void glimpse(struct user *u, const u8 *at, const u8 *image, u32 len)
{
	u32 i;

	u->glimpsed = true;
	for (i = 0; i < len; i++)
		if (at[i] != image[i])
			u->seen[i] = (unsigned short)(at[i] | SEEN);
}

/* Look at the destination until the request is done. */
static int watch(struct user *u, const struct trial *t)
{
	const struct region *r = &u->region[t->place];
	const u8 *at = r->at + t->desc.dst, *image = r->image + t->desc.dst;
	u64 end = raw_now() + LONG_TIME;
	u32 i;

	while (!flip_finished(&u->q.side[SHARED])) {
		for (i = 0; i < LOOKS; i++)
			if (memcmp(at, image, t->desc.dst_len))
				glimpse(u, at, image, t->desc.dst_len);
		u->c->tally.looks += LOOKS;
		if (raw_now() > end)
			return -ETIME;
		sched_yield();
	}
	return 0;
}

/* What was there for a moment has to be what came there in the end. */
static void check_glimpses(struct user *u, const struct trial *t, u32 len)
{
	const u8 *at = u->region[t->place].at + t->desc.dst;
	u32 i, n = 0;

	if (!u->glimpsed)
		return;
	for (i = 0; i < t->desc.dst_len; i++)
		n += u->seen[i] && (i >= len || u->seen[i] != (at[i] | SEEN));
	if (n)
		complain(u, t, "for a moment, other bytes in ",
			 u->region[t->place].name);
	u->c->tally.brief += n;
	u->glimpsed = false;
	memset(u->seen, 0, sizeof(u->seen));
}

static int run(struct user *u, const struct trial *t, struct flipq_result *r)
{
	u32 p = t->place == USER ? OWNED : SHARED;
	int error = raw_submit(&u->q, p, 1);

	if (!error && p == OWNED)
		error = own_serve(&u->q, p, 1, 0, NULL);
	else if (!error)
		error = watch(u, t);
	if (!error && flip_finished(&u->q.side[p]) != 1)
		error = -EPROTO;
	if (error)
		return error;
	*r = *raw_result(&u->q, p, 0);
	flip_collect(&u->q.side[p], 1);
	return 0;
}

/* Bytes of @r from @from to @to that are not what they were. */
static u32 strays(const struct region *r, size_t from, size_t to)
{
	u32 n = 0;

	if (!memcmp(r->at + from, r->image + from, to - from))
		return 0;
	for (; from < to; from++)
		n += r->at[from] != r->image[from];
	return n;
}

/* @len bytes at @dst are output. The rest of the region has to be as it was. */
static void check_region(struct user *u, const struct trial *t,
			 struct region *r, size_t dst, u32 len)
{
	struct tally *y = &u->c->tally;
	u32 stray = strays(r, 0, dst) + strays(r, dst + len, r->size), foreign;

	foreign = strings_in(u->strings, r->at + dst, len);
	if (stray) {
		foreign = strings_in(u->strings, r->at, r->size);
		complain(u, t, foreign ? "foreign bytes beside the output in " :
					 "bytes beside the output changed in ",
			 r->name);
		memcpy(r->image, r->at, r->size);
	} else if (foreign) {
		complain(u, t, "foreign bytes in the output in ", r->name);
	}
	memcpy(r->image + dst, r->at + dst, len);
	y->stray += stray;
	y->foreign += foreign;
}

/* Words, counters and results change all the time. */
static void check_results(struct user *u, const struct trial *t)
{
	size_t size = u->q.setup.result_offset +
		SLOTS * sizeof(struct flipq_result);
	u32 n;

	n = strings_in(u->strings, (const u8 *)raw_completion(&u->q, SHARED), size) +
		strings_in(u->strings, (const u8 *)raw_completion(&u->q, OWNED), size);
	if (n)
		complain(u, t, "foreign bytes among the results", "");
	u->c->tally.foreign += n;
}

static void check(struct user *u, const struct trial *t,
		  const struct flipq_result *r)
{
	u32 i, len = r->status ? 0 : r->len;
	const u8 *at = u->region[t->place].at + t->desc.dst;

	if (r->len > t->desc.dst_len) {
		complain(u, t, "a result that contradicts itself", "");
		return;
	}
	for (i = 0; i < REGIONS; i++)
		check_region(u, t, &u->region[i],
			     i == t->place ? t->desc.dst : 0,
			     i == t->place ? len : 0);
	check_results(u, t);
	check_glimpses(u, t, len);
	if (!t->plain || t->desc.dst_len < t->plain->len)
		return;
	if (len != t->plain->len || memcmp(at, t->plain->bytes, len))
		complain(u, t, "came out wrong in ", u->region[t->place].name);
}

static struct outcome outcome_of(const struct user *u, const struct trial *t,
				 const struct flipq_result *r)
{
	const u8 *at = u->region[t->place].at + t->desc.dst;
	struct outcome o = { .status = r->status, .len = r->len };
	u32 i;

	for (i = 0; i < r->len && r->len <= t->desc.dst_len; i++)
		o.hash = (o.hash ^ at[i]) * 0x100000001b3ULL;
	return o;
}

static int user_trial(struct user *u, u64 *random, struct outcome *o)
{
	struct tally *y = &u->c->tally;
	struct flipq_result r;
	struct trial t;
	int error;

	make_trial(u, random, &t);
	prepare(u, &t);
	error = neighbours_turn(u);
	if (!error)
		error = run(u, &t, &r);
	if (error)
		return error;
	y->sort[t.sort]++;
	y->place[t.place]++;
	y->accepted += !r.status;
	check(u, &t, &r);
	*o = outcome_of(u, &t, &r);
	return 0;
}

/* The same requests twice. */
static int user_round(struct user *u, u64 *random)
{
	struct outcome o[PHASES][ROUND];
	u64 start = *random;
	u32 phase, i;
	int error;

	for (phase = 0; phase < PHASES; phase++) {
		WRITE_ONCE(u->c->texts.phase, phase);
		*random = start;
		for (i = 0; i < ROUND; i++) {
			error = user_trial(u, random, &o[phase][i]);
			if (error)
				return error;
		}
	}
	for (i = 0; i < ROUND; i++)
		u->c->tally.moved += o[0][i].status != o[1][i].status ||
				     o[0][i].len != o[1][i].len ||
				     o[0][i].hash != o[1][i].hash;
	return 0;
}

static int user_run(struct user *u)
{
	u64 random = 31 + u->codec, end = raw_now() + TIME * scale();
	char byte;
	int error;
	u32 i;

	if (setuid(OWN_UID))
		return -errno;
	if (read(u->in, &byte, 1) != 1)
		return -EPIPE;
	u->strings = neighbours_strings(&u->c->texts);
	if (!u->strings)
		return -ENOMEM;
	error = open_queue(&u->q);
	if (!error)
		error = user_regions(u);
	if (!error)
		error = user_texts(u);
	if (!error)
		memcpy(u->region[SLOT].image, u->region[SLOT].at,
		       u->region[SLOT].size);
	for (i = 0; i < ROUNDS * scale() && !error; i++) {
		if (i >= ROUNDS_MIN && raw_now() > end)
			break;
		error = user_round(u, &random);
	}
	return error;
}

static int user(struct common *c, int in, int out, u8 codec, u8 opcode)
{
	struct user *u = calloc(1, sizeof(*u));

	if (!u)
		return -ENOMEM;
	u->c = c;
	u->in = in;
	u->out = out;
	u->codec = codec;
	u->opcode = opcode;
	return user_run(u);
}

static int exit_status(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

TEST_F(foreign, strings)
{
	struct common *c = self->common;
	const struct tally *y = &c->tally;
	int there[2], back[2];
	pid_t a, b;

	c->texts.codec = variant->codec;
	ASSERT_EQ(0, pipe2(there, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(back, O_CLOEXEC));
	a = fork();
	ASSERT_LE(0, a);
	if (!a) {
		close(there[1]);
		close(back[0]);
		_exit(-neighbour(&c->texts, there[0], back[1]));
	}
	b = fork();
	ASSERT_LE(0, b);
	if (!b) {
		close(there[0]);
		close(back[1]);
		_exit(-user(c, back[0], there[1], variant->codec,
			    variant->opcode));
	}
	close(there[0]);
	close(there[1]);
	close(back[0]);
	close(back[1]);
	EXPECT_EQ(0, exit_status(b));
	EXPECT_EQ(0, exit_status(a));

	TH_LOG("%u sound, %u cut, %u mutated, %u hand-made; %u accepted",
	       y->sort[SOUND], y->sort[CUT], y->sort[MUTATED], y->sort[MADE],
	       y->accepted);
	TH_LOG("%u to slots, %u to the arena, %u to addresses",
	       y->place[SLOT], y->place[IN_ARENA], y->place[USER]);
	TH_LOG("%u foreign strings, %u stray bytes, %u results moved",
	       y->foreign, y->stray, y->moved);
	TH_LOG("%u bytes for a moment in %u looks", y->brief, y->looks);
	EXPECT_STREQ("", y->why);
	EXPECT_EQ(0, y->foreign);
	EXPECT_EQ(0, y->brief);
	EXPECT_EQ(0, y->stray);
	EXPECT_EQ(0, y->moved);
	EXPECT_LT(100, y->place[SLOT]);
	EXPECT_LT(20, y->place[USER]);
	EXPECT_LT(50, y->accepted);
	EXPECT_LT(50, y->looks);
}

TEST_HARNESS_MAIN
