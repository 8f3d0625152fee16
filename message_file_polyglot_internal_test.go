package nodkey

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"testing"
)

// An archive's readers look for its list of contents from the end on, and pass over a comment behind it. So a picture or a document
// that is whole in itself can be an archive, too: its last bytes are the archive's comment.
func TestAnArchiveInsideSomethingElseIsRefused(t *testing.T) {
	archive := packed(t, [2]string{"META-INF/MANIFEST.MF", "Main-Class: Evil"}, [2]string{"Evil.class", "x"})
	commented := func(behind int) []byte { // its comment is as long as what follows
		a := bytes.Clone(archive)
		binary.LittleEndian.PutUint16(a[len(a)-2:], uint16(behind))
		return a
	}
	picture, photo := pngFile(t), jpegFile(t)
	iend := picture[len(picture)-12:]
	chunk := func(data []byte) []byte {
		body := append([]byte("zIPa"), data...)
		out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		return binary.BigEndian.AppendUint32(append(out, body...), crc32.ChecksumIEEE(body))
	}
	comment := func(data []byte) []byte {
		return append(binary.BigEndian.AppendUint16([]byte{0xff, 0xfe}, uint16(len(data)+2)), data...)
	}
	last := "\n%%EOF\n"
	for name, raw := range map[string][]byte{
		"a picture":            slices.Concat(picture[:len(picture)-12], chunk(commented(4+12)), iend),
		"a picture, unspoken":  slices.Concat(picture[:len(picture)-12], chunk(archive), iend), // many readers do not mind
		"a photograph":         slices.Concat(photo[:2], comment(commented(len(photo)-2)), photo[2:]),
		"a document":           slices.Concat(pdfFile("text"), commented(len(last)), []byte(last)),
		"a picture of a phone": append(heicFile(), box("free", string(archive))...),
	} {
		if got := kindOf(t, raw); got != "" {
			t.Errorf("%s that is an archive is taken for %q", name, got)
		}
	}
	// What only looks like a mark of one is none.
	for want, raw := range map[string][]byte{
		"png": slices.Concat(picture[:len(picture)-12], chunk([]byte("PK\x05\x06 and words that are no list of anything")), iend),
		"pdf": pdfFile("PK\x05\x06"),
	} {
		if got := kindOf(t, raw); got != want {
			t.Errorf("a %s file is taken for %q", want, got)
		}
	}
	if got := kindOf(t, packed(t, types, document, [2]string{"meta-inf/manifest.mf", "x"})); got != "" {
		t.Errorf("a Java archive in small letters is taken for %q", got)
	}
}
