package prose_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/prose"
)

func TestPlaceholdersTakeValues(t *testing.T) {
	template := "# {{branch}} closes at {{ time }}\n\nDear customers of **{{branch}}**, see [the list](https://bank.example/{{page}}).\n\n- {{time}}\n"
	if got := prose.Placeholders(template); !slices.Equal(got, []string{"branch", "page", "time"}) {
		t.Errorf("placeholders: %q", got)
	}
	values := map[string]string{"branch": "Aldermere *South*", "time": "17:00", "page": "2026_a", "more": "unused"}
	got, err := prose.Fill(template, values)
	if err != nil {
		t.Fatal(err)
	}
	const want = "Aldermere *South* closes at 17:00\n\nDear customers of Aldermere *South*, see the list (https://bank.example/2026_a).\n\n- 17:00"
	if plain := prose.Plain(got); plain != want {
		t.Errorf("got\n%s\nwant\n%s", plain, want)
	}
}

// A value is text and nothing else, wherever it stands.
func TestAValueIsNoMarkdown(t *testing.T) {
	for _, value := range []string{
		"*a*", "**a**", "_a_", "`a`", "[a](https://evil.example)", "<https://evil.example>", "![a](b)", "# a", "> a", "- a", "1. a", "1) a", "+ a",
		"---", "===", "```", "~~~", "&lt;b&gt;", "&#x202e;", "\\", "\\*", "a\\", "{{name}}", "[a]: https://evil.example", "<b>", "|", "日本_語_", "a & b", "50 %",
	} {
		for _, template := range []string{"{{name}}", "a {{name}} b", "- {{name}}", "> {{name}}", "# {{name}}", "**{{name}}**", "a\n{{name}}", "{{name}} {{name}}", "[{{name}}](https://a.example)"} {
			got, err := prose.Fill(template, map[string]string{"name": value})
			if err != nil {
				t.Errorf("%q in %q: %v", value, template, err)
				continue
			}
			blank, err := prose.Fill(template, map[string]string{"name": "PLACE"})
			if err != nil {
				t.Fatal(err)
			}
			if page, want := prose.Plain(got), strings.ReplaceAll(prose.Plain(blank), "PLACE", value); page != want {
				t.Errorf("%q in %q reads %q", value, template, page)
			}
		}
	}
}

func TestATemplateThatCannotBeMeantIsRefused(t *testing.T) {
	for _, c := range []struct {
		name, template, value string
		line                  int
		says                  string
	}{
		{"a missing value", "# a\n\n{{other}}", "x", 3, "no value for {{other}}"},
		{"an unfinished one", "a\n{{name", "x", 2, "braces"},
		{"one with a wrong name", "{{first name}}", "x", 1, "braces"},
		{"one in code", "`{{name}}`", "a*b", 0, "cannot be used in code"},
		{"one in a block of code", "```\n{{name}}\n```", "a_b", 0, "cannot be used in code"},
		{"one that is an address with a user", "[a](https://{{name}}.example)", "bank@evil", 0, "in addresses"},
		{"several lines", "{{name}}", "a\nb", 0, "one line"},
		{"nothing", "{{name}}", "", 0, "one line"},
		{"turned round", "{{name}}", "a\u202eb", 0, "one line"},
		{"a space in front", "{{name}}", "    a", 0, "one line"},
	} {
		_, err := prose.Fill(c.template, map[string]string{"name": c.value})
		var e *prose.FillError
		if !errors.As(err, &e) || e.Line != c.line || !strings.Contains(e.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if got, err := prose.Fill(`\{\{name}\}`, nil); err != nil || prose.Plain(got) != "{{name}}" {
		t.Errorf("braces themselves: %q, %v", got, err)
	}
}

func FuzzFill(f *testing.F) {
	f.Add("# {{name}}\n\na *{{name}}* b", "x_y")
	f.Add("- {{name}}\n`{{ name }}`", "`")
	f.Add("[{{name}}](https://a.example/{{name}})", "](javascript:x)")
	f.Fuzz(func(t *testing.T, template, value string) {
		got, err := prose.Fill(template, map[string]string{"name": value})
		if err != nil || len(template) > 5_000 || len(value) > 500 {
			return
		}
		blank, err := prose.Fill(template, map[string]string{"name": "PLACE"})
		if err != nil || strings.Contains(template, "PLACE") {
			return
		}
		if page, want := prose.Plain(got), strings.ReplaceAll(prose.Plain(blank), "PLACE", value); page != want {
			t.Fatalf("%q in %q reads %q, not %q", value, template, page, want)
		}
	})
}
