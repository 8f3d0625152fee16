package prose_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/prose"
)

func TestMarkdownIsShownInThreeForms(t *testing.T) {
	const source = `# New phone numbers

Dear customers, **from 1 March** our desk has *new* numbers.
Write to <desk@bank.example> or see [the list](https://bank.example/numbers?a=1&b=2).

1. Note them.
2. Delete the ` + "`old`" + ` ones:
   - 030 1
   - 030 2

> Nobody calls you  
> for a code.

---

    raw <b>
`
	const wantHTML = `<h3>New phone numbers</h3><p>Dear customers, <strong>from 1 March</strong> our desk has <em>new</em> numbers. ` +
		`Write to <a href="mailto:desk@bank.example" rel="noopener noreferrer nofollow">desk@bank.example</a> or see ` +
		`<a href="https://bank.example/numbers?a=1&amp;b=2" rel="noopener noreferrer nofollow">the list</a>.</p>` +
		`<ol><li>Note them.</li><li>Delete the <code>old</code> ones:<ul><li>030 1</li><li>030 2</li></ul></li></ol>` +
		`<blockquote><p>Nobody calls you<br>for a code.</p></blockquote><hr><pre><code>raw &lt;b&gt;</code></pre>`
	if got := string(prose.HTML(source)); got != wantHTML {
		t.Errorf("HTML:\n%s\nwant\n%s", got, wantHTML)
	}
	const wantPlain = `New phone numbers

Dear customers, from 1 March our desk has new numbers. Write to desk@bank.example or see the list (https://bank.example/numbers?a=1&b=2).

1. Note them.
2. Delete the old ones:
   - 030 1
   - 030 2

> Nobody calls you
> for a code.

---

    raw <b>`
	if got := prose.Plain(source); got != wantPlain {
		t.Errorf("plain:\n%s\nwant\n%s", got, wantPlain)
	}
	got, err := json.Marshal(prose.Blocks(source))
	const wantJSON = `[{"kind":"h","runs":[{"text":"New phone numbers"}]},{"kind":"p","runs":[{"text":"Dear customers, "},{"text":"from 1 March","strong":true},` +
		`{"text":" our desk has "},{"text":"new","em":true},{"text":" numbers. Write to "},{"text":"desk@bank.example","href":"mailto:desk@bank.example"},` +
		`{"text":" or see "},{"text":"the list","href":"https://bank.example/numbers?a=1\u0026b=2"},{"text":"."}]},` +
		`{"kind":"ol","items":[[{"kind":"p","runs":[{"text":"Note them."}]}],[{"kind":"p","runs":[{"text":"Delete the "},{"text":"old","code":true},{"text":" ones:"}]},` +
		`{"kind":"ul","items":[[{"kind":"p","runs":[{"text":"030 1"}]}],[{"kind":"p","runs":[{"text":"030 2"}]}]]}]]},` +
		`{"kind":"quote","blocks":[{"kind":"p","runs":[{"text":"Nobody calls you\nfor a code."}]}]},{"kind":"rule"},{"kind":"code","runs":[{"text":"raw \u003cb\u003e"}]}]`
	if err != nil || string(got) != wantJSON {
		t.Errorf("blocks: %v\n%s\nwant\n%s", err, got, wantJSON)
	}
}

func TestWhatIsWrittenWithoutSpacesGetsNone(t *testing.T) {
	if got := prose.Plain("三月一日から、\n番号が変わります。\nSee below."); got != "三月一日から、番号が変わります。 See below." {
		t.Errorf("got %q", got)
	}
}

func TestStarsCountBesideJapanesePunctuation(t *testing.T) {
	for source, want := range map[string]string{
		"これは**「重要」**です。":    "<p>これは<strong>「重要」</strong>です。</p>",
		"**重要。**必ずお読みください。": "<p><strong>重要。</strong>必ずお読みください。</p>",
		"明日は*（休み）*です":       "<p>明日は<em>（休み）</em>です</p>",
		"**「a」** と **b**、":  "<p><strong>「a」</strong> と <strong>b</strong>、</p>",
		"2 * 3 * 4、5 ** 6":  "<p>2 * 3 * 4、5 ** 6</p>",
		"星は * です。**":        "<p>星は * です。**</p>",
	} {
		if got := string(prose.HTML(source)); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", source, got, want)
		}
	}
}

// The attack table: what is written, and the HTML that may come of it.
func TestNothingHarmfulIsShown(t *testing.T) {
	const rel = ` rel="noopener noreferrer nofollow"`
	for _, c := range []struct{ name, source, want string }{
		{"raw HTML", "<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"},
		{"raw HTML in a line", "a <img src=x onerror=alert(1)> b", "<p>a &lt;img src=x onerror=alert(1)&gt; b</p>"},
		{"a comment", "<!-- [x](https://a.example) -->", `<p>&lt;!-- <a href="https://a.example"` + rel + `>x</a> --&gt;</p>`},
		{"HTML by entities", "&lt;b&gt; &#60;i&#62;", "<p>&lt;b&gt; &lt;i&gt;</p>"},
		{"javascript:", "[x](javascript:alert(1))", "<p>x</p>"},
		{"javascript: in other letters", "[x](JaVaScRiPt:alert(1))", "<p>x</p>"},
		{"javascript: by entities", "[x](java&#x73;cript&colon;alert(1))", "<p>x</p>"},
		{"javascript: with a tab by an entity", "[x](java&Tab;script:alert(1))", "<p>x</p>"},
		{"javascript: by itself", "<javascript:alert(1)>", "<p>javascript:alert(1)</p>"},
		{"data:", "[x](data:text/html;base64,PHNjcmlwdD4=)", "<p>x</p>"},
		{"vbscript:", "[x](vbscript:msgbox)", "<p>x</p>"},
		{"file:", "[x](file:///etc/passwd)", "<p>x</p>"},
		{"plain http", "[x](http://bank.example)", "<p>x</p>"},
		{"of this place", "[x](/settings) [y](//evil.example) [z](#top)", "<p>x y z</p>"},
		{"no host", "[x](https:///evil) [y](https:evil) [z](https://)", "<p>x y z</p>"},
		{"userinfo", "[x](https://bank.example@evil.example/)", "<p>x</p>"},
		{"userinfo by itself", "<https://bank.example@evil.example/>", "<p>https://bank.example@evil.example/</p>"},
		{"backslashes", `[x](https://bank.example\\@evil.example/)`, "<p>x</p>"},
		{"out of the attribute", `[x](https://a.example/"onclick=alert(1))`, "<p>x</p>"},
		{"out of the attribute by an entity", `[x](https://a.example/&quot;onclick=alert(1))`, "<p>x</p>"},
		{"a title", `[x](https://a.example "onclick=alert(1)")`, `<p><a href="https://a.example"` + rel + `>x</a></p>`},
		{"mail with more than an address", "[x](mailto:a@b.example?bcc=c@d.example)", "<p>x</p>"},
		{"mail to two", "[x](mailto:a@b.example,c@d.example)", "<p>x</p>"},
		{"an image", "![a house](https://evil.example/track.png)", "<p>a house</p>"},
		{"an image in a link", "[![a house](https://evil.example/t.png)](https://a.example)", `<p><a href="https://a.example"` + rel + `>a house</a></p>`},
		{"a reference", "[x][1]\n\n[1]: javascript:alert(1)", "<p>x</p>"},
		{"a table", "| a | b |\n| - | - |\n| 1 | <b> |", `<div class="table" tabindex="0"><table><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead><tbody><tr><td>1</td><td>&lt;b&gt;</td></tr></tbody></table></div>`},
		{"turned round", "pay \u202eEUR 001\u202c", "<p>pay EUR 001</p>"},
		{"turned round by an entity", "pay &#x202e;EUR 001", "<p>pay EUR 001</p>"},
		{"turned round in a link", "[x](https://bank.example/&#x202e;moc)", `<p><a href="https://bank.example/moc"` + rel + `>x</a></p>`},
		{"hidden", "zero\u200bwidth&#x200b;and&NoBreak;tag\U000E0041", "<p>zerowidthandtag</p>"},
		{"control", "a\x00b&#7;c\x1b[31m", "<p>abc[31m</p>"},
		{"what is no UTF-8", "a\xff\xfeb", "<p>a\uFFFDb</p>"},
		{"half an entity", "&notit; &amp &#x110000; &semi;", "<p>&amp;notit; &amp;amp \uFFFD ;</p>"},
		{"code with marks", "`<b>&lt;`", "<p><code>&lt;b&gt;&amp;lt;</code></p>"},
		{"code named", "```\"><script>\nx\n```", "<pre><code>x</code></pre>"},
		{"attributes", "# x {onclick=alert(1)}", "<h3>x {onclick=alert(1)}</h3>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(prose.HTML(c.source)); got != c.want {
				t.Errorf("%q:\n%s\nwant\n%s", c.source, got, c.want)
			}
		})
	}
}

// What takes others long takes us no longer than a page may.
func TestHeapsTakeNoLonger(t *testing.T) {
	const n = 20_000
	for name, source := range map[string]string{
		"quotes":        strings.Repeat(">", n) + " deep",
		"quotes, lines": strings.Repeat(strings.Repeat(">", 31)+"\n", n/31),
		"lists":         strings.Repeat("- ", n/2) + "deep",
		"brackets":      strings.Repeat("[", n),
		"links":         strings.Repeat("[a](", n/4),
		"few links":     strings.Repeat("[a](", 900) + strings.Repeat("b", n),
		"images":        strings.Repeat("![", n/2),
		"emphasis":      strings.Repeat("*a ", n/3) + strings.Repeat("_a* ", n/4),
		"stars":         strings.Repeat("*", n),
		"stars apart":   strings.Repeat("**a *a", n/6),
		"stars closed":  strings.Repeat("*a* **b** ", n/10),
		"code":          strings.Repeat("`a``", n/4),
		"ticks":         ticks(n),
		"entities":      strings.Repeat("&a", n/2),
		"angles":        strings.Repeat("<a", n/2),
		"addresses":     strings.Repeat("<https://a", n/10),
		"references":    strings.Repeat("[a]: b\n", 400),
		"no end":        strings.Repeat("[a](<b", 400),
		"stairs":        stairs(140),
		"rules":         strings.Repeat("---\n", n/4),
		"too long":      strings.Repeat("日", prose.Most),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			got := prose.HTML(source)
			took := time.Since(start)
			t.Log(took)
			if took > 2*time.Second {
				t.Errorf("took %v", took)
			}
			if len(got) > 40*prose.Most {
				t.Errorf("became %d bytes", len(got))
			}
			if name == "quotes" && !strings.Contains(string(got), "deep") {
				t.Error("the text is gone")
			}
		})
	}
}

func ticks(n int) string {
	var b strings.Builder
	for i := 1; b.Len() < n; i++ {
		b.WriteString(strings.Repeat("`", i) + " ")
	}
	return b.String()
}

func stairs(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat("  ", i) + "- step\n")
	}
	return b.String()
}

// No block stands more than eight deep, and what was below is still said.
func TestDepthIsBounded(t *testing.T) {
	source := strings.Repeat("> ", 20) + "the **innermost** words\n"
	deep := 0
	for list := prose.Blocks(source); len(list) > 0; list = list[0].Blocks {
		deep++
	}
	if deep > 8 || !strings.HasSuffix(prose.Plain(source), "the innermost words") {
		t.Errorf("%d deep: %s", deep, prose.Plain(source))
	}
	if got := prose.Plain(stairs(12)); strings.Count(got, "step") != 12 {
		t.Errorf("some steps are gone:\n%s", got)
	}
}

// A phone has the JSON of blocks and shows the same words as the desk's preview.
func TestBlocksOfAPhoneAreShownInLetters(t *testing.T) {
	for markdown, want := range map[string]string{
		"": "", "# Hours\n\nFrom *1 March*.": "Hours\n\nFrom 1 March.", "1. a\n2. b\n   - c\n   - d": "1. a\n2. b\n   - c\n   - d",
		"7. a\n8. b": "1. a\n2. b", "- a\n\n  b\n- c": "- a\n\n  b\n\n- c", "> [x](https://example.com)\n>\n> - y": "> x (https://example.com)\n>\n> - y", "    code\n\n---": "    code\n\n---",
	} {
		raw, err := json.Marshal(prose.Blocks(markdown))
		if err != nil {
			t.Fatal(err)
		}
		var blocks []prose.Block
		if err := json.Unmarshal(raw, &blocks); err != nil {
			t.Fatal(err)
		}
		if got := prose.PlainBlocks(blocks); got != want {
			t.Errorf("%q: %q, want %q", markdown, got, want)
		}
	}
}
