/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * template.c - text with ${…} and lines of Lua.
 */
#include "../world.h"

static void template_says(struct world *w, const char *template,
    const char *text)
{
	struct value out;

	assert_int_equal(render(w, template, &out), -1);
	assert_string_equal(said(w), text);
}

static void templates_have_lines_of_lua(void **state)
{
	struct world *w = *state;

	renders(w, "a ${port}\nb\n", "a 5061\nb\n");
	renders(w, "% for i, d in ipairs(domains) do\n${i}: ${d}\n  % end\nend\n",
	    "1: contoso.test\n2: fabrikam.test\nend\n");
	renders(w, "% if enabled then\nyes\n% else\nno\n% end", "yes\n");
	renders(w, "%% one\n  %% two % three\n$${x} $ 5%\n",
	    "% one\n  % two % three\n${x} $ 5%\n");
	renders(w, "% for _, x in ipairs(map(domains, it:sub(1, 1))) do\n${x}\n% end\n",
	    "c\nf\n");
	renders(w, "% local s = map(domains,\n%   '<' .. it .. '>')\n${join(s)}",
	    "<contoso.test><fabrikam.test>");
	renders(w, "\"q\" \\ \t\r\n", "\"q\" \\ \t\r\n");
	renders(w, "", "");
	renders(w, "${join(map(domains, it), \",\\z\n  x\")}", "contoso.test,xfabrikam.test");
}

static void errors_point_into_the_template(void **state)
{
	struct world *w = *state;

	template_says(w, "one\ntwo ${port} ${prt}\n",
	    "a.cfg:2:13: there is no 'prt' here (did you mean 'port'?)\n"
	    "    2 | two ${port} ${prt}\n"
	    "      |             ^~~~~~\n");
	template_says(w, "${port}\n  % local x = host.a.b\n",
	    "a.cfg:2:3: attempt to index a nil value (field 'a')\n"
	    "    2 |   % local x = host.a.b\n"
	    "      |   ^~~~~~~~~~~~~~~~~~~~\n");
	template_says(w, "a\n% if enabled then\nb ${port}\n",
	    "a.cfg:2:1: 'end' expected (to close 'if' at line 2) at the end\n"
	    "    2 | % if enabled then\n"
	    "      | ^~~~~~~~~~~~~~~~~\n");
	template_says(w, "a\nb ${1 2}\n",
	    "a.cfg:2:3: unexpected '2'\n"
	    "    2 | b ${1 2}\n"
	    "      |   ^~~~~~\n");
	template_says(w, "a\n\nb ${1",
	    "a.cfg:3:3: this ${ is not closed by a }\n"
	    "    3 | b ${1\n"
	    "      |   ^~\n");
	template_says(w, "x\n${domains}\n",
	    "a.cfg:2:1: a list cannot stand in text: use join()\n"
	    "    2 | ${domains}\n"
	    "      | ^~~~~~~~~~\n");
	template_says(w, "% x = 1\n",
	    "a.cfg:1:1: 'x' cannot be assigned to: write 'local x = ...' to make a variable\n"
	    "    1 | % x = 1\n"
	    "      | ^~~~~~~\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WORLD_TEST(templates_have_lines_of_lua),
		WORLD_TEST(errors_point_into_the_template),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
