/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * library.h - libraries that are loaded when something first needs them.
 *
 * Those that bring many others along (libcurl has LDAP and Kerberos in tow)
 * would cost each start of plumb more than all else that it does. Their doors
 * use them through a table of typed pointers:
 *
 *	#define FUNCTIONS(f) f(git_libgit2_init) f(git_repository_free)
 *	LIBRARY(git, "libgit2", FUNCTIONS, .start = start)
 *
 *	why = library_load(&git_library, arena);
 *	git()->git_repository_free(repository);
 */
#pragma once

struct arena;

struct library {
	/* as pkg-config says it, and the Makefile in its list LOADED */
	const char *name;
	/* what to look up in it, functions and constants; ends with NULL */
	const char *const *symbols;
	/* called with the table once, before anyone else has it; or NULL */
	void (*start)(const void *table);
};

/* what the linker would have had loaded; ends with an empty row */
struct library_file {
	const char *name;
	/* "libgit2.so.1.5" */
	const char *file;
	/* Debian's, that it was in where plumb was built; "" */
	const char *package;
};
extern const struct library_file library_files[];

/*
 * NULL: it is loaded, for as long as the process lives, and its table can be
 * asked for. Else why not, and what would help. Any thread may call it.
 */
const char *library_load(const struct library *, struct arena *);
/* addresses in the order of `symbols`; it must have been loaded */
const void *library_table(const struct library *);

#define LIBRARY_POINTER(symbol) typeof(symbol) *symbol;
#define LIBRARY_NAME(symbol) #symbol,
/* WHAT_library; struct WHAT: pointers to all SYMBOLS; WHAT(): that table */
#define LIBRARY(WHAT, NAME, SYMBOLS, ...)                                      \
	struct WHAT {                                                          \
		SYMBOLS(LIBRARY_POINTER)                                       \
	};                                                                     \
	static const struct library WHAT##_library = {                         \
		.name = NAME,                                                  \
		.symbols = (const char *const[]){ SYMBOLS(LIBRARY_NAME) 0 },   \
		__VA_ARGS__                                                    \
	};                                                                     \
	static const struct WHAT *WHAT(void)                                   \
	{                                                                      \
		return library_table(&WHAT##_library);                         \
	}
