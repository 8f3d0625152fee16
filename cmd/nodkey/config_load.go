package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// settings is a configuration, and for each key where its value came from.
type settings struct {
	Config
	from map[string]string // "tls.cert" → "flag --tls-cert"
}

// systemConfig is read when it exists and no other file is named.
const systemConfig = "/etc/nodkey/nodkey.toml"

// addConfigFlags gives a command --config and one flag for every key.
func addConfigFlags(flags *pflag.FlagSet) {
	flags.String("config", "", "configuration `file`, TOML (environment NODKEY_CONFIG; otherwise "+systemConfig+" where it exists)")
	for _, f := range fields() {
		doc := f.doc
		if f.secret {
			doc += " A flag is visible to other users of this machine: better --" + f.flag() + "-file."
			flags.String(f.flag()+"-file", "", "`file` that holds "+f.key)
		}
		flags.String(f.flag(), f.preset, doc)
		if f.isBool() {
			flags.Lookup(f.flag()).NoOptDefVal = "true"
		}
	}
}

// addDataFlags gives a command that works on a server's data the same flags, and shows of them only where that data is: its own are what
// its help is about.
func addDataFlags(c *cobra.Command) {
	addConfigFlags(c.Flags())
	for _, f := range fields() {
		if f.key == "data_dir" {
			continue
		}
		c.Flags().Lookup(f.flag()).Hidden = true
		if f.secret {
			c.Flags().Lookup(f.flag() + "-file").Hidden = true
		}
	}
	c.SetUsageTemplate(c.UsageTemplate() + "\nEach key of the configuration is a flag here, too: nodkey serve --help lists them.\n")
}

// source is one place that values come from; later ones beat earlier ones.
type source struct {
	name  func(f field, suffix string) string
	value func(f field, suffix string) (text string, set bool, err error)
}

// loadConfig puts defaults, file, environment and flags together and checks
// each value by itself; checkServe checks them together.
func loadConfig(flags *pflag.FlagSet, lookup func(string) (string, bool)) (*settings, error) {
	file, err := openConfigFile(flags, lookup)
	if err != nil {
		return nil, err
	}
	sources := []source{
		file.source(),
		{
			name: func(f field, suffix string) string { return "environment " + f.env() + strings.ToUpper(suffix) },
			value: func(f field, suffix string) (string, bool, error) {
				text, set := lookup(f.env() + strings.ToUpper(suffix))
				return text, set, nil
			},
		},
		{
			name: func(f field, suffix string) string {
				return "flag --" + f.flag() + strings.ReplaceAll(suffix, "_", "-")
			},
			value: func(f field, suffix string) (string, bool, error) {
				flag := flags.Lookup(f.flag() + strings.ReplaceAll(suffix, "_", "-"))
				if flag == nil || !flag.Changed {
					return "", false, nil
				}
				return flag.Value.String(), true, nil
			},
		},
	}
	s := &settings{from: map[string]string{}}
	for _, f := range fields() {
		text, from := f.preset, "default"
		for _, src := range sources {
			found, where, set, err := src.read(f)
			if err != nil {
				return nil, keyError(f.key, where, err)
			}
			if set {
				text, from = found, where
			}
		}
		if err := f.set(&s.Config, text); err != nil {
			return nil, keyError(f.key, from, err)
		}
		s.from[f.key] = from
	}
	s.complete()
	return s, nil
}

// makeSettings gives the defaults with some values changed, for what makes its
// own configuration: demo, bench and tests. Nothing of the machine is read.
func makeSettings(values map[string]string) (*settings, error) {
	s := &settings{from: map[string]string{}}
	left := len(values)
	for _, f := range fields() {
		text, changed := values[f.key]
		if !changed {
			text = f.preset
		} else {
			left--
		}
		if err := f.set(&s.Config, text); err != nil {
			return nil, keyError(f.key, "the program", err)
		}
		s.from[f.key] = "the program"
	}
	if left != 0 {
		return nil, fmt.Errorf("unknown keys among %v", sortedKeys(values))
	}
	s.complete()
	return s, nil
}

// read gives a source's value of a key, reading the file that holds it where
// a secret is given that way.
func (src source) read(f field) (text, where string, set bool, err error) {
	where = src.name(f, "")
	text, set, err = src.value(f, "")
	if err != nil || !f.secret {
		return text, where, set, err
	}
	path, fromFile, err := src.value(f, "_file")
	whereFile := src.name(f, "_file")
	switch {
	case err != nil:
		return "", whereFile, false, err
	case set && fromFile:
		return "", where, false, fmt.Errorf("is given twice, also as %s", whereFile)
	case fromFile:
		data, err := os.ReadFile(path)
		if err != nil {
			return "", whereFile, false, fmt.Errorf("cannot read %s: %w", path, plain(err))
		}
		return strings.TrimRight(string(data), "\r\n"), whereFile, true, nil
	}
	return text, where, set, nil
}

// complete fills what depends on other keys.
func (s *settings) complete() {
	if abs, err := filepath.Abs(s.DataDir); err == nil {
		s.DataDir = abs
	}
	if s.Database == "" {
		s.Database = filepath.Join(s.DataDir, "nodkey.db")
	}
	if s.MasterKeyFile == "" {
		s.MasterKeyFile = filepath.Join(s.DataDir, "master.key")
	}
}

// keyError names the key and where its value came from.
func keyError(key, from string, err error) error {
	return &commandError{
		code: exitConfig, sentence: fmt.Sprintf("%s: %v (from %s)", key, err, from), err: err,
		next: "nodkey config show explains every key.",
	}
}

// configFile is a parsed file: values by key, and the file's text for lines.
type configFile struct {
	path   string
	values map[string]any
	lines  map[string]int
}

func openConfigFile(flags *pflag.FlagSet, lookup func(string) (string, bool)) (*configFile, error) {
	path, _ := flags.GetString("config")
	if path == "" {
		path, _ = lookup("NODKEY_CONFIG")
	}
	chosen := path != ""
	if !chosen {
		path = systemConfig
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !chosen {
		return &configFile{}, nil
	}
	if err != nil {
		return nil, &commandError{
			code: exitConfig, sentence: fmt.Sprintf("cannot read the configuration file %s: %v", path, plain(err)), err: err,
			next: "Name another one with --config.",
		}
	}
	return parseConfigFile(path, string(data))
}

func parseConfigFile(path, text string) (*configFile, error) {
	bad := func(line int, format string, args ...any) error {
		return &commandError{
			code: exitConfig, sentence: fmt.Sprintf("%s line %d: %s", path, line, fmt.Sprintf(format, args...)),
			next: "nodkey config show explains every key.",
		}
	}
	var tree map[string]any
	if _, err := toml.Decode(text, &tree); err != nil {
		var syntax toml.ParseError
		if errors.As(err, &syntax) {
			return nil, bad(syntax.Position.Line, "%s", syntax.Message)
		}
		return nil, bad(1, "%v", err)
	}
	file := &configFile{path: path, values: map[string]any{}, lines: keyLines(text)}
	flatten(tree, "", file.values)
	known := map[string]bool{}
	for _, f := range fields() {
		known[f.key] = true
		if f.secret {
			known[f.key+"_file"] = true
		}
	}
	for _, key := range sortedKeys(file.values) {
		if known[key] {
			continue
		}
		sentence := fmt.Sprintf("there is no key %s", key)
		if near := nearest(key, sortedKeys(known)); near != "" {
			sentence += fmt.Sprintf("; did you mean %s?", near)
		}
		return nil, bad(file.lines[key], "%s", sentence)
	}
	return file, nil
}

func (c *configFile) source() source {
	return source{
		name: func(f field, suffix string) string {
			return fmt.Sprintf("%s line %d", c.path, c.lines[f.key+suffix])
		},
		value: func(f field, suffix string) (string, bool, error) {
			value, set := c.values[f.key+suffix]
			if !set {
				return "", false, nil
			}
			text, err := tomlText(f, value)
			return text, true, err
		},
	}
}

// tomlText gives a value of the file as text, and refuses one of another type:
// max_keys = "3" is a mistake worth telling.
func tomlText(f field, value any) (string, error) {
	switch v := value.(type) {
	case string:
		if !f.isBool() && !f.isInt() && !f.isTables() {
			return v, nil
		}
	case []map[string]any:
		if f.isTables() {
			return tables(v)
		}
	case bool:
		if f.isBool() {
			return fmt.Sprint(v), nil
		}
	case int64:
		if f.isInt() {
			return fmt.Sprint(v), nil
		}
	case []any:
		if f.isTables() {
			return tables(v)
		}
		parts := make([]string, 0, len(v))
		for _, item := range v {
			part, ok := item.(string)
			if !ok || !f.isList() {
				return "", fmt.Errorf("takes %s", f.shape())
			}
			parts = append(parts, part)
		}
		if f.isList() {
			return strings.Join(parts, ","), nil
		}
	}
	return "", fmt.Errorf("takes %s", f.shape())
}

func (f field) shape() string {
	switch {
	case f.isBool():
		return "true or false, without quotes"
	case f.isInt():
		return "a whole number, without quotes"
	case f.isList():
		return `text in quotes, or a list of them`
	case f.isTables():
		return "tables, each under [[" + f.key + "]]"
	}
	return "text in quotes"
}

func flatten(tree map[string]any, section string, into map[string]any) {
	for name, value := range tree {
		if sub, ok := value.(map[string]any); ok {
			flatten(sub, section+name+".", into)
			continue
		}
		into[section+name] = value
	}
}

var (
	sectionLine = regexp.MustCompile(`^\s*\[\s*([A-Za-z0-9_.-]+)\s*\]`)
	tableLine   = regexp.MustCompile(`^\s*\[\[\s*([A-Za-z0-9_.-]+)\s*\]\]`)
	keyLine     = regexp.MustCompile(`^\s*([A-Za-z0-9_-]+(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=`)
)

// keyLines finds the line of each key, counted from 1: the TOML package keeps
// positions for syntax errors only. Quoted keys are not found and show line 0,
// which no key of ours needs.
func keyLines(text string) map[string]int {
	lines, section := map[string]int{}, ""
	see := func(key string, i int) {
		if _, seen := lines[key]; !seen {
			lines[key] = i + 1
		}
	}
	for i, line := range strings.Split(text, "\n") {
		if m := sectionLine.FindStringSubmatch(line); m != nil {
			section = m[1] + "."
		} else if m := tableLine.FindStringSubmatch(line); m != nil {
			section = m[1] + "."
			see(m[1], i)
		} else if m := keyLine.FindStringSubmatch(line); m != nil {
			see(section+strings.Join(strings.Fields(strings.ReplaceAll(m[1], ".", " ")), "."), i)
		}
	}
	return lines
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// plain strips the operation and path that os errors repeat.
func plain(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
