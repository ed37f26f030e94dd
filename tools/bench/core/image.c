// SPDX-License-Identifier: GPL-2.0-only
/*
 * image.c - pages of a guest's memory from a file, or made up
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/image.h"
#include "core/random.h"

static int complain(const struct image *image, const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name,
		image->path, why);
	return -1;
}

int image_open(struct image *image, const char *path)
{
	struct stat st;
	int ret = 0;

	image->path = path;
	image->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (image->fd < 0)
		return complain(image, strerror(errno));
	if (fstat(image->fd, &st))
		ret = complain(image, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		ret = complain(image, "expected a regular file");
	else
		image->pages = (uint64_t)st.st_size / PAGE_BYTES;
	if (ret)
		image_close(image);
	return ret;
}

int image_read(const struct image *image, uint8_t *to, uint64_t first,
	       uint64_t nr)
{
	uint64_t bytes = nr * PAGE_BYTES, from = first * PAGE_BYTES;

	while (bytes) {
		ssize_t n = pread(image->fd, to, bytes, (off_t)from);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return complain(image, n ? strerror(errno) :
					"shorter than it was");
		to += n;
		from += (uint64_t)n;
		bytes -= (uint64_t)n;
	}
	return 0;
}

void image_close(const struct image *image)
{
	close(image->fd);
}

/* Short words drawn at random repeat as those of programs and texts do. */
static void fill_text(uint8_t *page, uint64_t *random)
{
	static const char words[16][9] = {
		"struct  ", "return  ", "queue   ", "0x000000", "index = ",
		"static  ", "\0\0\0\0\0\0\0\1", "memory  ", "if (page", "while (",
		"\xff\xff\xff\xff\xff\xff\xff\xff", "worker->", "\n\t\t    ",
		"slot[i] ", "\0\0\0\0\0\0\0\0", "request "
	};
	int i;

	for (i = 0; i < PAGE_BYTES; i += 8) {
		uint64_t x = random_next(random);

		if (x >> 61)
			memcpy(page + i, words[x % 16], 8);
		else
			memcpy(page + i, &x, 8);
	}
}

void pages_make_up(uint8_t *pages, uint64_t nr, uint64_t seed)
{
	uint64_t n, x;
	int i;

	for (n = 0; n < nr; n++) {
		uint8_t *page = pages + n * PAGE_BYTES;
		uint64_t kind = random_next(&seed) % 8;

		switch (kind) {
		case 0:
			memset(page, 0, PAGE_BYTES);
			break;
		case 1:
			for (i = 0; i < PAGE_BYTES; i += 8) {
				x = random_next(&seed);
				memcpy(page + i, &x, 8);
			}
			break;
		default:
			fill_text(page, &seed);
		}
	}
}
