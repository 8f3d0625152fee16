package nodkey

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// kindOf gives what a file is taken for, whichever way its bytes come in.
func kindOf(t *testing.T, raw []byte) string {
	t.Helper()
	results := map[string]bool{}
	for _, step := range []int{len(raw) + 1, FileChunk, 7, 1} {
		if step == 1 && len(raw) > 1<<20 {
			continue
		}
		check := &fileCheck{}
		for p := range slices.Chunk(raw, step) {
			if check.add(p) != nil {
				break
			}
		}
		kind, err := check.end()
		if (kind == "") != (err != nil) {
			t.Fatalf("%q and %v", kind, err)
		}
		results[kind] = true
	}
	if len(results) != 1 {
		t.Fatalf("it depends on the pieces: %v", results)
	}
	for kind := range results {
		return kind
	}
	return ""
}

func pngFile(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegFile(t *testing.T) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range img.Pix {
		img.Pix[i] = byte(rand.N(256))
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pdfFile(text string) []byte {
	return []byte("%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj\n" + text + "\ntrailer <</Root 1 0 R>>\nstartxref\n9\n%%EOF\n")
}

func box(name string, content string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(content)))
	return append(append(b, name...), content...)
}

func heicFile() []byte {
	return slices.Concat(box("ftyp", "heic\x00\x00\x00\x00mif1heic"), box("meta", strings.Repeat("m", 99)), box("mdat", strings.Repeat("d", 5000)))
}

// packed makes an archive of these names and contents.
func packed(t *testing.T, files ...[2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f[0], Method: zip.Deflate}
		var out interface{ Write([]byte) (int, error) }
		var err error
		if f[0] == "mimetype" { // as ODF 1.3 part 2 §3.3 wants it
			h.Method, h.CompressedSize64, h.UncompressedSize64 = zip.Store, uint64(len(f[1])), uint64(len(f[1]))
			h.CRC32 = crc32.ChecksumIEEE([]byte(f[1]))
			out, err = w.CreateRaw(h)
		} else {
			out, err = w.CreateHeader(h)
		}
		if err == nil {
			_, err = out.Write([]byte(f[1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var (
	types    = [2]string{"[Content_Types].xml", "<Types/>"}
	document = [2]string{"word/document.xml", "<document/>"}
	workbook = [2]string{"xl/workbook.xml", "<workbook/>"}
	odfType  = [2]string{"mimetype", "application/vnd.oasis.opendocument.text"}
	odfText  = [2]string{"content.xml", "<office/>"}
)

func TestFilesAreWhatTheirContentSays(t *testing.T) {
	for want, raw := range map[string][]byte{
		"png": pngFile(t), "jpeg": jpegFile(t), "pdf": pdfFile("text"), "heic": heicFile(),
		"text": []byte("Grüsse aus Zürich\r\n\tありがとう\n"),
		"docx": packed(t, types, document), "xlsx": packed(t, types, workbook), "odt": packed(t, odfType, odfText),
	} {
		if got := kindOf(t, raw); got != want {
			t.Errorf("a %s file is taken for %q", want, got)
		}
	}
	two := slices.Concat(jpegFile(t), []byte{0, 0}, jpegFile(t)) // as cameras make them
	if got := kindOf(t, two); got != "jpeg" {
		t.Errorf("two pictures in a file: %q", got)
	}
	if got := kindOf(t, []byte("a")); got != "text" {
		t.Errorf("one letter is %q", got)
	}
}

// A file that is two things, or one that is cut, or one that nobody knows, is none.
func TestPolyglotsAreRefused(t *testing.T) {
	page := "<html><script>alert(1)</script></html>"
	aPNG, aJPEG, aPDF, aHEIC, aDOCX := pngFile(t), jpegFile(t), pdfFile("text"), heicFile(), packed(t, types, document)
	comment := slices.Concat(aPNG[:33], pngChunk("tEXt", "Comment\x00"+page), aPNG[33:])
	jpegComment := slices.Concat(aJPEG[:2], []byte{0xff, 0xfe, 0, byte(len(page) + 2)}, []byte(page), aJPEG[2:])
	for name, raw := range map[string][]byte{
		"PDF+HTML, in front":       pdfFile(page),
		"PDF+HTML, before it":      append([]byte(page), aPDF...),
		"PDF+HTML, behind it":      append(slices.Clone(aPDF), page...),
		"PDF+ZIP":                  slices.Concat(aPDF, aDOCX),
		"PDF without an end":       aPDF[:len(aPDF)-6],
		"PDF behind a line":        append([]byte("\n"), aPDF...),
		"PDF+JS, version":          []byte("%PDF-0.0\n%%EOF\n\x00"),
		"PNG+HTML, behind it":      append(slices.Clone(aPNG), page...),
		"PNG+HTML, in a comment":   comment,
		"PNG+ZIP":                  slices.Concat(aPNG, aDOCX),
		"PNG that is cut":          aPNG[:len(aPNG)-1],
		"PNG without a head":       slices.Concat(aPNG[:8], aPNG[33:]),
		"PNG, a byte behind":       append(slices.Clone(aPNG), 0),
		"JPEG+HTML, behind it":     append(slices.Clone(aJPEG), page...),
		"JPEG+HTML, in a comment":  jpegComment,
		"JPEG+ZIP":                 slices.Concat(aJPEG, aDOCX),
		"JPEG+film":                slices.Concat(aJPEG, box("ftyp", "mp42\x00\x00\x00\x00mp42")),
		"JPEG that is cut":         aJPEG[:len(aJPEG)-2],
		"HEIC+HTML":                append(slices.Clone(aHEIC), page...),
		"HEIC that is cut":         aHEIC[:len(aHEIC)-1],
		"a film":                   slices.Concat(box("ftyp", "mp42\x00\x00\x00\x00mp42"), box("mdat", "d")),
		"ZIP+PDF":                  slices.Concat(aDOCX, aPDF),
		"ZIP behind a page":        append([]byte(page), aDOCX...),
		"a page":                   []byte("\ufeff \n<!DOCTYPE html>" + page),
		"a picture that runs":      []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`),
		"a program":                []byte("MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00"),
		"an ELF program":           []byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
		"text with a NUL":          []byte("words and words\x00and words"),
		"text with an escape":      []byte("words and words \x1b[2J and words"),
		"text that is no UTF-8":    []byte("words and words \xff and words"),
		"text cut in a character":  []byte("words and words \xe3\x81"),
		"a GIF":                    []byte("GIF89a/*words and words*/=1;\x00"),
		"nothing":                  nil,
		"the beginning of nothing": {0},
	} {
		if got := kindOf(t, raw); got != "" {
			t.Errorf("%s is taken for %q", name, got)
		}
	}
}

func pngChunk(name, content string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	b = append(append(b, name...), content...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE([]byte(name+content)))
}

// Archives are looked at by their list of contents alone: what would unpack to too much, overlaps, runs or lies is refused.
func TestArchivesThatAreBombsAreRefused(t *testing.T) {
	good := packed(t, types, document)
	end := len(good) - 22
	list := int(binary.LittleEndian.Uint32(good[end+16:]))
	bend := func(change func([]byte) []byte) []byte { return change(slices.Clone(good)) }
	many := [][2]string{types, document}
	for i := range archiveParts {
		many = append(many, [2]string{fmt.Sprint("p", i), ""})
	}
	le := binary.LittleEndian
	for name, raw := range map[string][]byte{
		"unpacks to 300 MB":        bend(func(b []byte) []byte { le.PutUint32(b[list+24:], 300<<20); return b }),
		"a thousand to one":        packed(t, types, document, [2]string{"word/media/image1.png", strings.Repeat("\x00", 50<<20)}),
		"two thousand parts":       packed(t, many...),
		"parts that overlap":       bend(func(b []byte) []byte { le.PutUint32(b[list+46+len(types[0])+42:], 0); return b }),
		"a part beyond the list":   bend(func(b []byte) []byte { le.PutUint32(b[list+20:], 9000); return b }),
		"encrypted":                bend(func(b []byte) []byte { b[list+8] |= 1; return b }),
		"an unknown method":        bend(func(b []byte) []byte { b[list+10] = 99; return b }),
		"fewer parts than it says": bend(func(b []byte) []byte { b[end+8]++; b[end+10]++; return b }),
		"more parts than it says":  bend(func(b []byte) []byte { b[end+8]--; b[end+10]--; return b }),
		"a list somewhere else":    bend(func(b []byte) []byte { le.PutUint32(b[end+16:], uint32(list-1)); return b }),
		"a comment":                bend(func(b []byte) []byte { b[end+20] = 4; return append(b, "<br>"...) }),
		"something behind":         append(slices.Clone(good), 0),
		"something in front":       append([]byte("PK\x03\x04words and words"), good...),
		"zip64":                    bend(func(b []byte) []byte { le.PutUint16(b[end+10:], 0xffff); le.PutUint16(b[end+8:], 0xffff); return b }),
		"an empty archive":         packed(t),
		"the wrong parts":          packed(t, types),
		"no types":                 packed(t, document),
		"two documents at once":    packed(t, types, document, workbook),
		"ODT and DOCX at once":     packed(t, odfType, odfText, types, document),
		"ODT without its type":     packed(t, odfText),
		"macros":                   packed(t, types, document, [2]string{"word/vbaProject.bin", "x"}),
		"macros, in capitals":      packed(t, types, document, [2]string{"word/VBAPROJECT.BIN", "x"}),
		"ODT with macros":          packed(t, odfType, odfText, [2]string{"Basic/Standard/Module1.xml", "x"}),
		"a program":                packed(t, types, document, [2]string{"word/embeddings/a.EXE", "x"}),
		"an archive in it":         packed(t, types, document, [2]string{"a.zip", "x"}),
		"a Java archive":           packed(t, types, document, [2]string{"META-INF/MANIFEST.MF", "x"}),
		"a path upwards":           packed(t, types, document, [2]string{"../../etc/passwd", "x"}),
		"a path from the root":     packed(t, types, document, [2]string{"/etc/passwd", "x"}),
		"a path of Windows":        packed(t, types, document, [2]string{`..\..\a`, "x"}),
		"a drive of Windows":       packed(t, types, document, [2]string{"c:a", "x"}),
		"a NUL in a name":          packed(t, types, document, [2]string{"a\x00b", "x"}),
		"a name twice":             packed(t, types, document, [2]string{"WORD/document.xml", "x"}),
		"a plain archive":          packed(t, [2]string{"a.txt", "words"}),
	} {
		if got := kindOf(t, raw); got != "" {
			t.Errorf("%s is taken for %q", name, got)
		}
	}
}

// Whatever a file was called, its name can be saved on any system, shows its whole self, and ends in what it is.
func TestNamesOfFiles(t *testing.T) {
	for sent, want := range map[string]string{
		"Statement.pdf":                   "Statement.pdf",
		"Statement.PDF":                   "Statement.pdf",
		"口座 明細.pdf":                       "口座 明細.pdf",
		"../../etc/passwd":                "passwd.pdf",
		`..\..\windows\system32\a.dll`:    "a.dll.pdf",
		"/etc/cron.d/x":                   "x.pdf",
		"C:\\a.pdf":                       "a.pdf",
		"a\x00.exe":                       "a.exe.pdf",
		"a\u202efdp.exe":                  "afdp.exe.pdf",
		"a\u200b\u2066b.pdf":              "ab.pdf",
		"a\r\nContent-Type: text/html":    "aContent-Type_ text_html.pdf",
		"con":                             "file con.pdf",
		"CON.pdf":                         "file CON.pdf",
		"nul.txt.pdf":                     "file nul.txt.pdf",
		"Com1.pdf":                        "file Com1.pdf",
		"LPT¹.pdf":                        "file LPT¹.pdf",
		"aux ":                            "file aux.pdf",
		"community.pdf":                   "community.pdf",
		"":                                "file.pdf",
		".":                               "file.pdf",
		"..":                              "file.pdf",
		".htaccess":                       "htaccess.pdf",
		".pdf":                            "pdf.pdf",
		"a.pdf.":                          "a.pdf",
		"a. . .":                          "a.pdf",
		`a<b>"c|d?e*f;g:h.pdf`:            "a_b__c_d_e_f_g_h.pdf",
		"a\u2028b\tc":                     "abc.pdf",
		"\xff\xfe":                        "_.pdf",
		strings.Repeat("あ", 300) + ".pdf": strings.Repeat("あ", 116) + ".pdf",
	} {
		if sent == "a\r\nContent-Type: text/html" {
			want = "html.pdf" // what follows the last slash
		}
		if got := cleanFileName(sent, fileTypes["pdf"]); got != want {
			t.Errorf("%q becomes %q, want %q", sent, got, want)
		}
	}
	if got := cleanFileName("a.jpeg", fileTypes["jpeg"]); got != "a.jpeg" {
		t.Errorf("a.jpeg becomes %q", got)
	}
	letters := []rune("a./\\:\x00\n\u202e\u200d ;\"con1あ😀\ufffd<>|?*\u2028\t")
	for range 20_000 {
		var sent []rune
		for range rand.N(12) {
			sent = append(sent, letters[rand.N(len(letters))])
		}
		name := cleanFileName(string(sent), fileTypes["png"])
		bad := strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) })
		stem, _, _ := strings.Cut(strings.ToLower(name), ".")
		if bad || !utf8.ValidString(name) || strings.ContainsAny(name, "/\\:<>|?*;\"") || !strings.HasSuffix(name, ".png") || name[0] == '.' || name[0] == ' ' ||
			name == ".png" || utf8.RuneCountInString(name) > fileNameMax || reservedNames[strings.TrimSpace(stem)] || stem == "com1" {
			t.Fatalf("%q becomes %q", string(sent), name)
		}
	}
}

// Whatever comes in, the checks end without a panic, and what they take stays within what it says.
func FuzzFileCheck(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff\xe0\x00\x02\xff\xda\x00\x02a\xff\xd9"), 3)
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"), 1)
	f.Add([]byte("\x00\x00\x00\x10ftypheic\x00\x00\x00\x01"), 5)
	f.Add([]byte("PK\x03\x04PK\x01\x02PK\x05\x06"), 2)
	f.Add([]byte("%PDF-1.7 %%EOF words"), 4)
	f.Fuzz(func(t *testing.T, raw []byte, step int) {
		check := &fileCheck{}
		for p := range slices.Chunk(raw, max(1, min(step, 1<<20))) {
			if check.add(p) != nil {
				break
			}
		}
		if kind, err := check.end(); err == nil {
			if _, known := fileTypes[kind]; !known || hasMarkup(raw[:min(len(raw), headMax)]) {
				t.Fatalf("%q", kind)
			}
		}
	})
}
