// SPDX-License-Identifier: GPL-2.0-only
/*
 * top.c - the top command: looks at the queues again and again
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "clock.h"
#include "flipq.h"
#include "message.h"
#include "tool.h"
#include "top.h"

/* The other screen, without a cursor, which cuts long lines; and back. */
#define SCREEN_BEGIN	"\033[?1049h\033[?25l\033[?7l"
#define SCREEN_END	"\033[?7h\033[?25h\033[?1049l"
/* To its upper left corner; what is left of a line, of the screen, is cleared. */
#define SCREEN_HOME	"\033[H"
#define SCREEN_NEWLINE	"\033[K\r\n"
#define SCREEN_CLEAR	"\033[J"

/* Lines of the table that are no queue, the one after the last included. */
#define SCREEN_OTHER	3
#define SCREEN_LINES	24

#define CONTROL_C	3

/**
 * struct view - a run of the command
 * @o: as asked for
 * @proc: /proc
 * @scans: the last two looks, the later one at @last
 * @last: index there
 * @sort: what the table is sorted by
 * @screen: standard output is a screen to be drawn on
 * @saved: its settings
 */
struct view {
	const struct options *o;
	int proc;
	struct scan scans[2];
	unsigned int last;
	const struct top_column *sort;
	bool screen;
	struct termios saved;
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* To interrupt what waits. */
static void resized(int signal)
{
	(void)signal;
}

static size_t screen_rows(void)
{
	struct winsize size;
	size_t lines = SCREEN_LINES;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row)
		lines = size.ws_row;
	return lines > SCREEN_OTHER ? lines - SCREEN_OTHER : 0;
}

static void screen_begin(struct view *v)
{
	/* Only poll() is to be interrupted, which is so whatever the flags are. */
	struct sigaction on_resize = {
		.sa_handler = resized,
		.sa_flags = SA_RESTART,
	};
	struct sigaction on_stop = {
		.sa_handler = stop,
		.sa_flags = SA_RESTART,
	};
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &v->saved))
		return;
	sigaction(SIGWINCH, &on_resize, NULL);
	sigaction(SIGINT, &on_stop, NULL);
	sigaction(SIGTERM, &on_stop, NULL);
	sigaction(SIGHUP, &on_stop, NULL);
	raw = v->saved;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	v->screen = true;
	fputs(SCREEN_BEGIN, stdout);
}

static void screen_end(struct view *v)
{
	if (!v->screen)
		return;
	fputs(SCREEN_END, stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSANOW, &v->saved);
}

static void show(struct view *v, const struct top *t)
{
	if (v->o->json) {
		top_json(t);
	} else if (v->o->metrics) {
		top_metrics(t);
	} else if (v->screen) {
		fputs(SCREEN_HOME, stdout);
		top_table(t, screen_rows(), SCREEN_NEWLINE);
		fputs(SCREEN_CLEAR, stdout);
	} else {
		top_table(t, TOP_ALL_ROWS, "\n");
	}
}

/* What the module says of all of them, which may be less than was found since. */
static int ask_module(const struct options *o, struct top *t)
{
	const char *path = o->device ? o->device : FLIPQ_DEVICE;
	struct flipq_info info;
	int err = flipq_query_info(path, &info);

	if (err < 0)
		return fail(path, "%s", flipq_open_error(err));
	t->workers = info.workers;
	t->knows_hidden = info.queues != FLIPQ_INFO_HIDDEN;
	if (t->knows_hidden && info.queues > t->nr)
		t->hidden = info.queues - t->nr;
	return 0;
}

static int draw(struct view *v)
{
	struct top t;
	int err = top_make(&t, &v->scans[!v->last], &v->scans[v->last],
			   v->sort);

	if (err)
		err = fail("queues", "%s", strerror(-err));
	else
		err = ask_module(v->o, &t);
	if (!err) {
		show(v, &t);
		err = fflush(stdout) ? fail("(stdout)", "%s", strerror(errno)) :
				       0;
	}
	top_end(&t);
	return err;
}

static int look(struct view *v)
{
	int err;

	v->last = !v->last;
	err = scan_take(&v->scans[v->last], v->proc);
	return err ? fail("/proc", "%s", strerror(-err)) : 0;
}

/* Does what a key stands for: is there something to be drawn? */
static bool press(struct view *v, char key)
{
	size_t i;

	if (key == 'q' || key == CONTROL_C)
		stopped = 1;
	for (i = 0; i < top_nr_columns; i++)
		if (top_columns[i].key == key)
			v->sort = &top_columns[i];
	return !stopped;
}

/* A key, a new size of the screen, or nothing more for @ms. */
static int wait_event(struct view *v, int ms)
{
	struct pollfd keys = { .fd = v->screen ? STDIN_FILENO : -1,
			       .events = POLLIN };
	int n = poll(&keys, 1, ms);
	char key;

	if (n < 0)
		return errno == EINTR && !stopped && v->screen ? draw(v) : 0;
	if (!n)
		return 0;
	/* A terminal that has gone. */
	if (read(STDIN_FILENO, &key, 1) != 1)
		stopped = 1;
	return !stopped && press(v, key) ? draw(v) : 0;
}

static int wait_interval(struct view *v)
{
	uint64_t end = v->scans[v->last].time + v->o->interval, now;
	int err = 0;

	while (!err && !stopped &&
	       (now = clock_ns(CLOCK_MONOTONIC)) < end)
		err = wait_event(v, (int)((end - now) / 1000000 + 1));
	return err;
}

static int run(struct view *v)
{
	unsigned long done = 0;
	int err = look(v);

	/* Counters need no second look, as rates do. */
	if (v->o->metrics)
		return err ? err : draw(v);
	while (!err && !stopped) {
		err = wait_interval(v);
		if (err || stopped)
			break;
		err = look(v);
		if (!err)
			err = draw(v);
		if (++done == v->o->iterations)
			break;
	}
	return err;
}

static const struct top_column *find_column(const char *name)
{
	size_t i;

	for (i = 0; name && i < top_nr_columns; i++)
		if (!strcmp(top_columns[i].name, name))
			return &top_columns[i];
	return name ? NULL : top_columns;
}

int cmd_top(const struct options *o)
{
	struct view v = { .o = o, .sort = find_column(o->sort) };
	struct top none = { 0 };
	int err;

	if (!v.sort) {
		fail("top",
		     "sort '%s': expected requests, in, out, busy, parks or kicks",
		     o->sort);
		return STATUS_USAGE;
	}
	/* Before the screen is another one. */
	if (ask_module(o, &none))
		return STATUS_FAILED;
	v.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (v.proc < 0) {
		fail("/proc", "%s", strerror(errno));
		return STATUS_FAILED;
	}
	if (!o->batch && !o->json && !o->metrics && isatty(STDIN_FILENO) &&
	    isatty(STDOUT_FILENO))
		screen_begin(&v);
	err = run(&v);
	screen_end(&v);
	close(v.proc);
	scan_end(&v.scans[0]);
	scan_end(&v.scans[1]);
	return err ? STATUS_FAILED : STATUS_OK;
}
