// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * load.c - functions of a codec's library
 *
 * Alone in its file, and asked for by a weak symbol, for the archive's sake: in a
 * program that is linked statically dlopen() wants the very files that its C
 * library was built from, and the linker warns of that, be it a program that only
 * uses the device. One that wants codecs nevertheless is linked with
 * -Wl,-u,flipq_soft_dlopen.
 */
#include <dlfcn.h>
#include <errno.h>

#include "soft/soft.h"

/*
 * Find the functions of @ops. Their library stays in the process, as to load it
 * anew for each queue takes longer than all the rest. Return: 0 or -ELIBACC.
 */
int flipq_soft_dlopen(const struct soft_ops *ops, void **calls)
{
	void *library = dlopen(ops->soname, RTLD_NOW | RTLD_NODELETE);
	unsigned int n;

	for (n = 0; library && ops->symbols[n]; n++) {
		calls[n] = dlsym(library, ops->symbols[n]);
		if (!calls[n])
			break;
	}
	if (!library)
		return -ELIBACC;
	dlclose(library);
	return ops->symbols[n] ? -ELIBACC : 0;
}
