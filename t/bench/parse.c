/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parse.c - the least that reading a spec can cost: libyaml's events, thrown
 * away. Reads standard input, which is a file.
 */
#include <assert.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

int main(void)
{
	yaml_parser_t parser;
	struct stat status;

	assert(fstat(STDIN_FILENO, &status) == 0);
	size_t size = (size_t)status.st_size;
	unsigned char *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE,
	    STDIN_FILENO, 0);
	assert(text != MAP_FAILED);
	assert(yaml_parser_initialize(&parser));
	yaml_parser_set_input_string(&parser, text, size);
	for (int done = 0; !done;) {
		yaml_event_t event;

		assert(yaml_parser_parse(&parser, &event));
		done = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	return 0;
}
