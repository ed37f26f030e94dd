// SPDX-License-Identifier: GPL-2.0
/*
 * terminal.c - runs a program on a terminal, does with it what a person does, and
 * looks whether the program leaves the terminal as it was
 *
 *	terminal STEP... -- COMMAND [ARGUMENT]...
 *
 *	see:REGEX	wait until what comes next has it, line by line
 *	type:KEYS	press these
 *	size:ROWS	the window has so many lines now
 *	signal:NUMBER	send it to the program
 *	hangup:		the terminal goes away
 *
 * Then the program must end by itself, with status 0 where there still is a terminal
 * to write to. All that it wrote is printed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <regex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

/* Longer than anything takes, so that what does not come is a failure. */
#define LIMIT_SECONDS	60
#define LOOK_MS		20
#define ROOM		(1U << 20)

static int master, slave;
static pid_t pid;
static char text[ROOM];
static size_t len, seen;

__attribute__((noreturn))
static void give_up(const char *what, const char *value)
{
	fwrite(text, 1, len, stdout);
	fprintf(stderr, "\nterminal: %s%s\n", what, value);
	if (pid > 0)
		kill(pid, SIGKILL);
	exit(1);
}

static time_t seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* What was written meanwhile; whoever is not read from would wait. */
static void look(void)
{
	struct pollfd p = { .fd = master, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, LOOK_MS) <= 0)
		return;
	if (len == ROOM - 1)
		give_up("more output than there is room for", "");
	n = read(master, text + len, ROOM - 1 - len);
	if (n > 0)
		len += (size_t)n;
	text[len] = '\0';
}

static void see(const char *pattern)
{
	time_t end = seconds() + LIMIT_SECONDS;
	regmatch_t match;
	regex_t regex;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NEWLINE))
		give_up("no regular expression: ", pattern);
	while (regexec(&regex, text + seen, 1, &match, 0)) {
		if (seconds() > end)
			give_up("not seen: ", pattern);
		look();
	}
	seen += (size_t)match.rm_eo;
	regfree(&regex);
}

static void type(const char *keys)
{
	if (write(master, keys, strlen(keys)) != (ssize_t)strlen(keys))
		give_up("cannot type: ", keys);
}

static void size(const char *rows)
{
	const struct winsize window = {
		.ws_row = (unsigned short)strtoul(rows, NULL, 10),
		.ws_col = 100,
	};

	if (ioctl(master, TIOCSWINSZ, &window))
		give_up("no such size: ", rows);
}

static void send_signal(const char *number)
{
	if (kill(pid, (int)strtoul(number, NULL, 10)))
		give_up("no such signal: ", number);
}

static void hang_up(const char *nothing)
{
	(void)nothing;
	close(master);
	master = -1;
}

static const struct step {
	const char *name;
	void (*take)(const char *value);
} steps[] = {
	{ "see:", see },
	{ "type:", type },
	{ "size:", size },
	{ "signal:", send_signal },
	{ "hangup:", hang_up },
};

static void take_step(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		size_t n = strlen(steps[i].name);

		if (strncmp(word, steps[i].name, n))
			continue;
		steps[i].take(word + n);
		return;
	}
	give_up("no such step: ", word);
}

static int start(char **command)
{
	pid = fork();
	if (pid)
		return pid < 0 ? -1 : 0;
	close(master);
	if (!login_tty(slave))
		execvp(*command, command);
	perror(*command);
	_exit(127);
}

static int await_end(void)
{
	time_t end = seconds() + LIMIT_SECONDS;
	int status;

	while (!waitpid(pid, &status, WNOHANG)) {
		if (seconds() > end)
			give_up("the program does not end", "");
		if (master < 0)
			usleep(LOOK_MS * 1000);
		else
			look();
	}
	pid = 0;
	/* what was written last */
	if (master >= 0)
		look();
	return status;
}

static bool same(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag &&
	       a->c_cflag == b->c_cflag && a->c_lflag == b->c_lflag &&
	       !memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc));
}

int main(int argc, char **argv)
{
	const struct winsize window = { .ws_row = 24, .ws_col = 100 };
	struct termios before, after;
	int status, i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++)
		;
	if (i + 1 >= argc) {
		fputs("usage: terminal STEP... -- COMMAND [ARGUMENT]...\n",
		      stderr);
		return 2;
	}
	/* Ours stays open, so its settings are there when the program is not. */
	if (openpty(&master, &slave, NULL, NULL, &window) ||
	    tcgetattr(slave, &before) || start(argv + i + 1)) {
		fprintf(stderr, "terminal: %s\n", strerror(errno));
		return 1;
	}
	for (i = 1; strcmp(argv[i], "--"); i++)
		take_step(argv[i]);
	status = await_end();
	fwrite(text, 1, len, stdout);
	if (master < 0 && WIFEXITED(status))
		return 0;
	if (status) {
		fprintf(stderr, "\nterminal: wait status %#x, expected 0\n",
			(unsigned int)status);
		return 1;
	}
	if (tcgetattr(slave, &after) || !same(&before, &after)) {
		fputs("\nterminal: its settings are others than before\n",
		      stderr);
		return 1;
	}
	return 0;
}
