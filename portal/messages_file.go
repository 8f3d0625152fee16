package portal

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

const (
	downloadsPerSession = 4
	downloadPiece       = 64 << 10
	downloadPatience    = 30 * time.Second // for each piece
)

// messageFile sends a file of the reader's box, a piece at a time, as something to keep and never as something to show.
func (d *Door) messageFile(x *exchange) error {
	if err := mayChange(x); err != nil {
		return err
	}
	file, content, err := d.services.Messages.Download(x.r.Context(), x.caller, nodkey.FileID(x.r.PathValue("id")))
	if err != nil {
		return d.messageFault(x, err)
	}
	piece := make([]byte, downloadPiece)
	n, err := io.ReadFull(content, piece) // what does not open is said on a page
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	head := x.w.Header()
	head.Set("Content-Disposition", asAttachment(file.Name))
	head.Set("Content-Length", strconv.FormatInt(file.Size, 10))
	head.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	head.Set("Accept-Ranges", "none")
	if x.r.Method == http.MethodHead {
		head.Set("Content-Type", file.Type)
		head.Set("Cache-Control", "no-store")
		return nil
	}
	ended, release := d.downloads.Take(string(x.caller.Session().ID))
	defer release()
	out, err := web.OpenStream(x.w, x.r, file.Type, downloadPatience)
	if err != nil {
		return err
	}
	for err = out.Send(piece[:n]); err == nil; err = out.Send(piece[:n]) {
		select {
		case <-ended: // newer ones took its place
			panic(http.ErrAbortHandler)
		default:
		}
		var read error
		if n, read = content.Read(piece); errors.Is(read, io.EOF) {
			return nil
		} else if read != nil { // its header is out: cut off, so that nobody takes it for whole
			d.log.ErrorContext(x.r.Context(), "a file broke off", "reference", web.Reference(x.r.Context()), "error", read)
			panic(http.ErrAbortHandler)
		}
	}
	return nil // whoever asked is gone
}

// asAttachment is the header field for a name (RFC 6266 §4, RFC 8187 §3.2): in full for those who can read it, and without
// anything but plain letters, digits and a few signs for the others.
func asAttachment(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_. ", r)) {
			return r
		}
		return '_'
	}, name)
	// A path's escapes are those of attr-char but for a few signs, which are escaped here, too.
	full := strings.NewReplacer(":", "%3A", "=", "%3D", "@", "%40", "'", "%27", "(", "%28", ")", "%29", "*", "%2A", ",", "%2C", ";", "%3B", "/", "%2F").Replace(url.PathEscape(name))
	return `attachment; filename="` + plain + `"; filename*=UTF-8''` + full
}

// fileKind names a type as people do.
func fileKind(media string) string {
	for _, k := range [][2]string{{"application/pdf", "PDF"}, {"image/png", "PNG"}, {"image/jpeg", "JPEG"}, {"image/heic", "HEIC"}, {"text/plain", "TXT"},
		{"wordprocessingml", "DOCX"}, {"spreadsheetml", "XLSX"}, {"opendocument.text", "ODT"}} {
		if strings.Contains(media, k[0]) {
			return k[1]
		}
	}
	return ""
}
