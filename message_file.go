package nodkey

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The bounds of files.
const (
	FilesMax     = 2        // an entry
	FilesBytes   = 25 << 20 // an entry's files together
	FileChunk    = 256 << 10
	fileNameMax  = 120            // characters, the ending included
	nameMost     = 1024           // bytes of a name that are looked at, from its end
	FileWaitLife = 24 * time.Hour // until one that is not sent is forgotten
	filesWaiting = 2 * FilesMax   // a user's files that are not sent
)

// FileType is what a file is by its content; the name's ending follows it.
type FileType struct {
	Type    string // media type
	Endings []string
}

// fileTypes are all that are taken.
var fileTypes = map[string]FileType{
	"pdf":  {"application/pdf", []string{".pdf"}},
	"png":  {"image/png", []string{".png"}},
	"jpeg": {"image/jpeg", []string{".jpg", ".jpeg"}},
	"heic": {"image/heic", []string{".heic", ".heif"}},
	"text": {"text/plain; charset=utf-8", []string{".txt", ".csv", ".log", ".md"}},
	"docx": {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", []string{".docx"}},
	"xlsx": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", []string{".xlsx"}},
	"odt":  {"application/vnd.oasis.opendocument.text", []string{".odt"}},
}

// File is a file of an entry, or one that waits to be sent with one.
type File struct {
	ID   FileID
	Name string // as it may be saved under, on any system
	Type string // media type
	Size int64  // bytes
}

// SealedFile is a file as it is kept, its content in chunks beside it.
type SealedFile struct {
	ID        FileID
	UserID    UserID // in whose box it is
	CreatedAt time.Time
	ByDesk    bool    // an operator's
	EntryID   EntryID // empty: not sent yet
	Type      string  // a name of fileTypes; empty until it is whole
	Size      int64
	Chunks    int
	Ready     bool      // whole, and what it says it is
	Name      []byte    // sealed
	ExpiresAt time.Time // zero once it is sent
}

func chunkRow(file FileID, number int) string { return string(file) + "/" + strconv.Itoa(number) }

// reservedNames are files' names that one system or another takes for a device.
var reservedNames = map[string]bool{"con": true, "prn": true, "aux": true, "nul": true, "conin$": true, "conout$": true, "clock$": true}

// cleanFileName makes a name that any system can save a file under, whatever was sent: the last part of a path, without
// characters that control, hide or turn round, not a device's, not hidden, with the ending of what the file is.
func cleanFileName(sent string, kind FileType) string {
	sent = strings.ToValidUTF8(sent, "_")
	if i := strings.LastIndexAny(sent, `/\`); i >= 0 {
		sent = sent[i+1:]
	}
	name := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar:
			return -1
		case strings.ContainsRune(`<>:"|?*;`, r):
			return '_'
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, sent)
	ending := kind.Endings[0]
	base := strings.Trim(name, " .")
	for _, e := range kind.Endings {
		if len(base) > len(e) && strings.EqualFold(base[len(base)-len(e):], e) {
			base, ending = base[:len(base)-len(e)], e
			break
		}
	}
	base = strings.Trim(base, " .")
	if most := fileNameMax - len(ending); utf8.RuneCountInString(base) > most {
		base = strings.Trim(string([]rune(base)[:most]), " .")
	}
	stem, _, _ := strings.Cut(strings.ToLower(base), ".")
	stem = strings.TrimRight(stem, " ")
	port := len(stem) > 3 && (stem[:3] == "com" || stem[:3] == "lpt") && strings.Trim(stem[3:], "0123456789¹²³") == ""
	if base == "" || reservedNames[stem] || port {
		base = strings.TrimSpace("file " + base)
	}
	return base + ending
}
