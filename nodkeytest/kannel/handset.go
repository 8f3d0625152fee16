package kannel

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// Text is a message as a handset shows it, put together from its parts.
type Text struct {
	From, To string
	Text     string
	Coding   int // of every part
	Parts    int
}

// Texts waits until at least n whole messages have come, and gives all there are, in the order in which they were whole.
func (g *Gateway) Texts(n int, patience time.Duration) ([]Text, error) {
	late := time.Now().Add(patience)
	for least := n; ; {
		shorts, err := g.Shorts(least, time.Until(late))
		least = len(shorts) + 1
		texts, broken := assemble(shorts)
		if len(texts) >= n {
			err = nil
		}
		if broken != nil || len(texts) >= n || err != nil {
			return texts, errors.Join(broken, err)
		}
	}
}

// assemble does what a handset does: parts of one message have one reference (3GPP TS 23.040 §9.2.3.24.1, 0003 reference most number).
func assemble(shorts []Short) (texts []Text, err error) {
	waiting := map[string][]Short{}
	for _, s := range shorts {
		key, most := s.To+" "+s.Octets, 1
		if s.Class&0x40 != 0 {
			if len(s.Headers) != 1 || len(s.Headers[0]) != 10 || !strings.HasPrefix(s.Headers[0], "0003") {
				return texts, fmt.Errorf("a header that is not one of parts: %+v", s)
			}
			n, err := strconv.ParseUint(s.Headers[0][6:8], 16, 8)
			if err != nil {
				return texts, err
			}
			key, most = s.To+" "+s.Headers[0][:8], int(n)
		}
		parts := append(waiting[key], s)
		if len(parts) < most {
			waiting[key] = parts
			continue
		}
		delete(waiting, key)
		text, err := joined(parts)
		if err != nil {
			return texts, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// joined reads parts as one text: in UCS-2 from all octets together, as parts may end within a character.
func joined(parts []Short) (Text, error) {
	slices.SortFunc(parts, func(a, b Short) int { return strings.Compare(strings.Join(a.Headers, ""), strings.Join(b.Headers, "")) })
	t := Text{From: parts[0].From, To: parts[0].To, Coding: parts[0].Coding, Parts: len(parts)}
	var units []uint16
	for _, p := range parts {
		octets, err := hex.DecodeString(p.Octets)
		if err != nil {
			return t, err
		}
		if p.Class&0x40 != 0 {
			octets = octets[1+int(octets[0]):]
		}
		switch {
		case p.Coding != t.Coding:
			return t, fmt.Errorf("parts in two codings: %+v", parts)
		case p.Coding == 0:
			t.Text += p.Text
		case p.Coding == 8 && len(octets)%2 == 0:
			for i := 0; i < len(octets); i += 2 {
				units = append(units, uint16(octets[i])<<8|uint16(octets[i+1]))
			}
		default:
			return t, fmt.Errorf("%d octets in the coding %d", len(octets), p.Coding)
		}
	}
	t.Text += string(utf16.Decode(units))
	return t, nil
}
