package nodkey

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
)

// What an archive's list of contents may say. Nothing is ever unpacked here: these protect whoever opens the file.
const (
	archiveParts    = 2000
	archiveUnpacked = 256 << 20 // bytes in all
	archiveRatio    = 100       // unpacked to packed, beyond the first 10 MiB
	archiveFree     = 10 << 20
)

// part is a line of an archive's list (APPNOTE.TXT §4.3.12).
type part struct {
	name             string
	packed, unpacked int64
	at               int64 // of its local header
}

// officeType checks the list of contents of a document that is a ZIP archive, and gives its type. tail ends with the file.
func officeType(head, tail []byte, size int64) (string, error) {
	parts, list, err := archiveList(tail, size)
	if err != nil {
		return "", err
	}
	if err := checkParts(parts, list); err != nil {
		return "", err
	}
	has := func(name string) bool {
		return slices.ContainsFunc(parts, func(p part) bool { return p.name == name })
	}
	const odt = "application/vnd.oasis.opendocument.text"
	first := bytes.HasPrefix(head[min(30, len(head)):], []byte("mimetype"+odt+"PK"))
	switch {
	case first && has("content.xml") && !has("[Content_Types].xml"):
		return "odt", nil
	case has("mimetype"):
		return "", errFileShape
	case has("[Content_Types].xml") && has("word/document.xml") && !has("xl/workbook.xml"):
		return "docx", nil
	case has("[Content_Types].xml") && has("xl/workbook.xml") && !has("word/document.xml"):
		return "xlsx", nil
	}
	return "", errFileKind
}

// archiveEnd is how far from a file's end readers of archives look for the record that ends one, which may have a comment behind it.
const archiveEnd = 22 + 1<<16 - 1

// endsAsArchive finds such a record, of one part at least, in what is no archive by its beginning.
func endsAsArchive(tail []byte) bool {
	le := binary.LittleEndian
	tail = tail[max(0, len(tail)-archiveEnd):]
	for {
		at := bytes.Index(tail, []byte("PK\x05\x06"))
		if at < 0 || len(tail)-at < 22 {
			return false
		}
		if end := tail[at:]; le.Uint32(end[4:]) == 0 && le.Uint16(end[8:]) > 0 && le.Uint16(end[8:]) == le.Uint16(end[10:]) {
			return true
		}
		tail = tail[at+4:]
	}
}

// archiveList reads the list at the end, which must be the very end, and where it begins.
func archiveList(tail []byte, size int64) (parts []part, list int64, err error) {
	const fixed, line = 22, 46
	le := binary.LittleEndian
	if len(tail) < fixed {
		return nil, 0, errFileShape
	}
	end := tail[len(tail)-fixed:]
	count, length, at := int(le.Uint16(end[10:])), int64(le.Uint32(end[12:])), int64(le.Uint32(end[16:]))
	switch {
	case !bytes.HasPrefix(end, []byte("PK\x05\x06")), le.Uint32(end[4:]) != 0, int(le.Uint16(end[8:])) != count, le.Uint16(end[20:]) != 0,
		count == 0, count > archiveParts, at+length != size-fixed, length > int64(len(tail)-fixed):
		return nil, 0, errFileShape
	}
	rest := tail[len(tail)-fixed-int(length) : len(tail)-fixed]
	for range count {
		if len(rest) < line || !bytes.HasPrefix(rest, []byte("PK\x01\x02")) {
			return nil, 0, errFileShape
		}
		flags, method := le.Uint16(rest[8:]), le.Uint16(rest[10:])
		name, extra, comment := int(le.Uint16(rest[28:])), int(le.Uint16(rest[30:])), int(le.Uint16(rest[32:]))
		p := part{packed: int64(le.Uint32(rest[20:])), unpacked: int64(le.Uint32(rest[24:])), at: int64(le.Uint32(rest[42:]))}
		if flags&1 != 0 || method != 0 && method != 8 || len(rest) < line+name+extra+comment || method == 0 && p.packed != p.unpacked {
			return nil, 0, errFileShape
		}
		p.name = string(rest[line : line+name])
		parts, rest = append(parts, p), rest[line+name+extra+comment:]
	}
	if len(rest) > 0 {
		return nil, 0, errFileShape
	}
	return parts, at, nil
}

// checkParts refuses what unpacks to too much, what overlaps, and what runs.
func checkParts(parts []part, list int64) error {
	seen := map[string]bool{}
	var packed, unpacked int64
	for _, p := range parts {
		low := strings.ToLower(p.name)
		switch {
		case p.name == "" || seen[low], strings.ContainsAny(p.name, "\\\x00:"), strings.HasPrefix(p.name, "/"),
			slices.Contains(strings.Split(p.name, "/"), ".."):
			return errFileShape
		case strings.HasSuffix(low, "vbaproject.bin"), strings.HasPrefix(low, "basic/"), strings.HasPrefix(low, "scripts/"),
			low == "meta-inf/manifest.mf", p.name == "AndroidManifest.xml", strings.HasSuffix(low, ".dex"), strings.HasSuffix(low, ".class"),
			strings.HasSuffix(low, ".exe"), strings.HasSuffix(low, ".dll"), strings.HasSuffix(low, ".zip"), strings.HasSuffix(low, ".jar"):
			return errFileKind
		}
		seen[low] = true
		packed, unpacked = packed+p.packed, unpacked+p.unpacked
	}
	if unpacked > archiveUnpacked || unpacked > archiveFree && unpacked > archiveRatio*packed {
		return errFileShape
	}
	parts = slices.Clone(parts)
	slices.SortFunc(parts, func(a, b part) int { return int(a.at - b.at) })
	free := int64(0)
	for i, p := range parts {
		if i == 0 && p.at != 0 || p.at < free {
			return errFileShape
		}
		free = p.at + 30 + int64(len(p.name)) + p.packed
	}
	if free > list {
		return errFileShape
	}
	return nil
}
