// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * range.c - write a part of an image's content, which flipq compress --index made:
 * only the blocks that have it are read
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <flipq.h>

/* Return: 0, or 1 when it was said what is wrong. */
static int range(struct flipq_image *image, uint64_t offset, size_t len)
{
	static char part[65536];
	int64_t n = 1;

	for (; len && n > 0; len -= (size_t)n, offset += (uint64_t)n) {
		n = flipq_image_read(image, part,
				     len < sizeof(part) ? len : sizeof(part),
				     offset);
		if (n < 0) {
			fprintf(stderr, "flipq: %s\n",
				flipq_image_error((int)n));
			return 1;
		}
		if (fwrite(part, 1, (size_t)n, stdout) != (size_t)n)
			break;
	}
	if (fflush(stdout) || ferror(stdout)) {
		perror("standard output");
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	/* without the device as well */
	struct flipq_image_config config = { .fallback = 1 };
	struct flipq_image *image;
	int fd, err;

	if (argc != 4) {
		fprintf(stderr, "usage: %s IMAGE OFFSET LENGTH\n", argv[0]);
		return 2;
	}
	fd = open(argv[1], O_RDONLY);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	err = flipq_image_open(&image, fd, &config);
	if (err) {
		fprintf(stderr, "%s: %s\n", argv[1], flipq_image_error(err));
	} else {
		err = range(image, strtoull(argv[2], NULL, 0),
			    strtoull(argv[3], NULL, 0));
		flipq_image_close(image);
	}
	close(fd);
	return !!err;
}
