package nodkey

import (
	"bytes"
	"errors"
	"unicode/utf8"
)

// fileCheck finds out what a file is while it streams past, and whether it is that and nothing else: a file that is two things
// at once (a PDF that is a web page too, a picture with an archive behind it) is refused. It keeps the beginning and the end.
type fileCheck struct {
	kind  string // of fileTypes, or "zip"; empty until the beginning is there
	size  int64
	start []byte // what came before the kind was known
	head  []byte
	tail  []byte
	walk  walker // nil: what counts is at the end
	err   error
}

const (
	sniffed = 16      // bytes that tell the kind
	headMax = 2 << 10 // where programs look for markup
)

// tailMax is how much of the end is kept, by kind: an archive's list of contents, or where readers of archives look for its end.
var tailMax = map[string]int{"pdf": archiveEnd, "png": archiveEnd, "jpeg": archiveEnd, "heic": archiveEnd, "zip": 512 << 10}

const pdfEnd = 1 << 10 // where the last line of a PDF is

// walker reads a format's parts one after the other. end reports whether the file is whole there.
type walker interface {
	feed([]byte) error
	end() bool
}

var (
	errFileBig   = errors.New("the files are too big")
	errFileKind  = errors.New("no type that is taken")
	errFileShape = errors.New("the file is damaged, or more than one thing")
)

func (f *fileCheck) add(p []byte) error {
	if f.err == nil {
		f.err = f.take(p)
	}
	return f.err
}

func (f *fileCheck) take(p []byte) error {
	if f.size += int64(len(p)); f.size > FilesBytes {
		return errFileBig
	}
	if f.kind == "" {
		f.start = append(f.start, p...)
		if len(f.start) < sniffed {
			return nil
		}
		p, f.start = f.start, nil
		if err := f.sniff(p); err != nil {
			return err
		}
	}
	return f.read(p)
}

func (f *fileCheck) read(p []byte) error {
	if n := min(len(p), headMax-len(f.head)); n > 0 {
		f.head = append(f.head, p[:n]...)
	}
	if most := tailMax[f.kind]; most > 0 {
		if f.tail = append(f.tail, p...); len(f.tail) > 4*most {
			f.tail = append(f.tail[:0], f.tail[len(f.tail)-most:]...)
		}
	}
	if f.walk != nil {
		return f.walk.feed(p)
	}
	return nil
}

// sniff tells the kind by the first bytes.
func (f *fileCheck) sniff(p []byte) error {
	switch {
	case bytes.HasPrefix(p, []byte("%PDF-1.")), bytes.HasPrefix(p, []byte("%PDF-2.")):
		f.kind = "pdf"
	case bytes.HasPrefix(p, []byte("\x89PNG\r\n\x1a\n")):
		f.kind, f.walk = "png", &pngWalk{boxes: boxes{skip: 8}}
	case bytes.HasPrefix(p, []byte("\xff\xd8\xff")):
		f.kind, f.walk = "jpeg", &jpegWalk{}
	case bytes.HasPrefix(p, []byte("PK\x03\x04")):
		f.kind = "zip"
	case len(p) >= 12 && string(p[4:8]) == "ftyp" && heicBrands[string(p[8:12])]:
		f.kind, f.walk = "heic", &heicWalk{}
	default:
		f.kind, f.walk = "text", &textWalk{}
	}
	return nil
}

var heicBrands = map[string]bool{"heic": true, "heix": true, "mif1": true, "heim": true, "heis": true}

// end gives the file's type, a name of fileTypes.
func (f *fileCheck) end() (string, error) {
	if f.err != nil {
		return "", f.err
	}
	if f.kind == "" { // shorter than anything but text
		if len(f.start) == 0 {
			return "", errFileKind
		}
		f.kind, f.walk = "text", &textWalk{}
		if err := f.read(f.start); err != nil {
			return "", err
		}
	}
	if hasMarkup(f.head) {
		return "", errFileShape
	}
	switch {
	case f.walk != nil && !f.walk.end():
		return "", errFileShape
	case f.kind == "text" && bytes.Contains(f.head, []byte("%PDF-")): // a reader of PDF looks for its beginning further on, too
		return "", errFileShape
	case f.kind == "zip":
		return officeType(f.head, f.tail, f.size)
	case endsAsArchive(f.tail):
		return "", errFileShape
	case f.kind == "pdf":
		end := f.tail[max(0, len(f.tail)-pdfEnd):]
		last := bytes.LastIndex(end, []byte("%%EOF"))
		if last < 0 || len(bytes.TrimSpace(end[last+len("%%EOF"):])) > 0 {
			return "", errFileShape
		}
	}
	return f.kind, nil
}

// hasMarkup finds what makes a program take a file's beginning for a web page.
func hasMarkup(head []byte) bool {
	lower := bytes.ToLower(head)
	for _, tag := range []string{"<!doctype", "<html", "<head", "<body", "<script", "<iframe", "<svg", "<img", "<object", "<embed", "<?php", "<meta"} {
		if bytes.Contains(lower, []byte(tag)) {
			return true
		}
	}
	return false
}

// boxes reads parts that begin with their length: it collects need bytes of a head and passes over skip bytes.
type boxes struct {
	skip int64
	got  []byte
}

// next gives the next head of n bytes and what follows it; ok is false when p ends before.
func (b *boxes) next(p []byte, n int) (head, rest []byte, ok bool) {
	pass := min(b.skip, int64(len(p)))
	b.skip, p = b.skip-pass, p[pass:]
	if b.skip > 0 {
		return nil, nil, false
	}
	take := min(n-len(b.got), len(p))
	b.got, p = append(b.got, p[:take]...), p[take:]
	if len(b.got) < n {
		return nil, nil, false
	}
	head, b.got = b.got, nil
	return head, p, true
}

// between reports whether a part has just ended.
func (b *boxes) between() bool { return b.skip == 0 && len(b.got) == 0 }

func be32(p []byte) int64 {
	return int64(p[0])<<24 | int64(p[1])<<16 | int64(p[2])<<8 | int64(p[3])
}

// pngWalk goes from chunk to chunk (PNG, ISO/IEC 15948 §5.3), to IEND and no further.
type pngWalk struct {
	boxes
	parts int
	over  bool
}

func (w *pngWalk) feed(p []byte) error {
	for {
		head, rest, ok := w.next(p, 8)
		if !ok {
			if w.over && len(w.got) > 0 {
				return errFileShape
			}
			return nil
		}
		size, name := be32(head), string(head[4:])
		w.parts++
		if w.over || w.parts == 1 && (name != "IHDR" || size != 13) || size >= 1<<31 || name == "IEND" && size != 0 {
			return errFileShape
		}
		w.over = name == "IEND"
		w.skip, p = size+4, rest // and the checksum
	}
}

func (w *pngWalk) end() bool { return w.over && w.between() }

// heicWalk goes from box to box (ISO/IEC 14496-12 §4.2).
type heicWalk struct {
	boxes
	long bool // the length follows in eight more bytes
}

func (w *heicWalk) feed(p []byte) error {
	for {
		head, rest, ok := w.next(p, 8)
		if !ok {
			return nil
		}
		p = rest
		if w.long {
			if be32(head) != 0 || be32(head[4:]) < 16 {
				return errFileShape
			}
			w.skip, w.long = be32(head[4:])-16, false
			continue
		}
		switch size := be32(head); {
		case size == 1:
			w.long = true
		case size < 8:
			return errFileShape
		default:
			w.skip = size - 8
		}
	}
}

func (w *heicWalk) end() bool { return !w.long && w.between() }

// jpegWalk goes from segment to segment (ITU-T T.81, annex B). Cameras put further pictures behind the first: those count.
type jpegWalk struct {
	state int
	skip  int64
	size  int64
	scan  bool // the entropy-coded data of a scan comes next
}

const (
	jpegStart  = iota // FF of a beginning; zeros may stand before that of a further picture
	jpegSOI           // D8
	jpegMark          // FF of a marker
	jpegCode          // the marker's code
	jpegLength        // two bytes
	jpegLow
	jpegSkip
	jpegScan
	jpegScanFF
)

func (w *jpegWalk) feed(p []byte) error {
	for i := 0; i < len(p); i++ {
		c := p[i]
		switch w.state {
		case jpegStart:
			if c == 0 {
				continue
			}
			if c != 0xff {
				return errFileShape
			}
			w.state = jpegSOI
		case jpegSOI:
			if c != 0xd8 {
				return errFileShape
			}
			w.state = jpegMark
		case jpegMark:
			if c != 0xff {
				return errFileShape
			}
			w.state = jpegCode
		case jpegCode:
			if err := w.marker(c); err != nil {
				return err
			}
		case jpegLength:
			w.size, w.state = int64(c)<<8, jpegLow
		case jpegLow:
			if w.size |= int64(c); w.size < 2 {
				return errFileShape
			}
			w.skip, w.state = w.size-2, jpegSkip
			if w.skip == 0 {
				w.after()
			}
		case jpegSkip:
			n := min(w.skip, int64(len(p)-i))
			if w.skip -= n; w.skip == 0 {
				w.after()
			}
			i += int(n) - 1
		case jpegScan:
			if c == 0xff {
				w.state = jpegScanFF
			}
		case jpegScanFF:
			switch {
			case c == 0 || c >= 0xd0 && c <= 0xd7:
				w.state = jpegScan
			case c != 0xff:
				if err := w.marker(c); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (w *jpegWalk) marker(c byte) error {
	switch {
	case c == 0xff: // a fill byte
		w.state = jpegCode
	case c == 0xd9:
		w.state = jpegStart
	case c == 0 || c == 0xd8:
		return errFileShape
	case c == 1 || c >= 0xd0 && c <= 0xd7:
		w.state = jpegMark
	default:
		w.scan, w.state = c == 0xda, jpegLength
	}
	return nil
}

func (w *jpegWalk) after() {
	if w.state = jpegMark; w.scan {
		w.state = jpegScan
	}
}

func (w *jpegWalk) end() bool { return w.state == jpegStart }

// textWalk wants UTF-8 without characters that control anything but lines.
type textWalk struct{ rest []byte }

func (w *textWalk) feed(p []byte) error {
	if len(w.rest) > 0 {
		p = append(w.rest, p...)
		w.rest = nil
	}
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		if r == utf8.RuneError && n == 1 {
			if !utf8.FullRune(p) {
				w.rest = append([]byte(nil), p...)
				return nil
			}
			return errFileKind
		}
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return errFileKind
		}
		p = p[n:]
	}
	return nil
}

func (w *textWalk) end() bool { return len(w.rest) == 0 }
