package places

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"unicode"

	"github.com/oschwald/maxminddb-golang"
)

// fileMost bounds the file, which is held in memory: nothing that happens to it afterwards disturbs a server at work.
const fileMost = 512 << 20

// Database answers from a file. It is safe for concurrent use.
type Database struct{ reader *maxminddb.Reader }

// ErrFile is returned for a file that is no database of countries or cities.
var ErrFile = errors.New("this is no database of places in the MaxMind DB format")

// Open reads a file. Errors: those of the file system, ErrFile.
func Open(path string) (*Database, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, fileMost+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > fileMost {
		return nil, fmt.Errorf("%w: it has more than %d MiB", ErrFile, fileMost>>20)
	}
	reader, err := maxminddb.FromBytes(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFile, err)
	}
	if kind := strings.ToLower(reader.Metadata.DatabaseType); !strings.Contains(kind, "country") && !strings.Contains(kind, "city") {
		return nil, fmt.Errorf("%w: it is of the type %q", ErrFile, reader.Metadata.DatabaseType)
	}
	return &Database{reader: reader}, nil
}

// record is what is read of an entry.
type record struct {
	City    named `maxminddb:"city"`
	Country struct {
		Code string `maxminddb:"iso_code"`
		named
	} `maxminddb:"country"`
}

type named struct {
	Names map[string]string `maxminddb:"names"` // by language
}

func (n named) in(language string) string {
	if name := line(n.Names[language]); name != "" {
		return name
	}
	return line(n.Names["en"])
}

// line is text as one line of a sentence; a file may hold anything.
func line(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return ""
	}
	return strings.TrimSpace(text)
}

// Place gives a country's code (ISO 3166-1 alpha-2) and the place's name in a language (BCP 47), in English where it has none:
// "Hamburg, Germany", or "Germany" where no city is known. Both are empty for addresses that the database does not have, the country's code is,
// where a name has none.
func (d *Database) Place(address netip.Addr, language string) (country, name string) {
	address = address.Unmap().WithZone("")
	if address.Is6() && d.reader.Metadata.IPVersion == 4 {
		return "", ""
	}
	var r record
	if err := d.reader.Lookup(address.AsSlice(), &r); err != nil { // a damaged entry says nothing
		return "", ""
	}
	city, land := r.City.in(language), r.Country.in(language)
	switch {
	case city == "":
		name = land
	case land == "":
		name = city
	case language == "ja": // from the large to the small
		name = land + " " + city
	default:
		name = city + ", " + land
	}
	if len(r.Country.Code) == 2 && strings.Trim(r.Country.Code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		country = r.Country.Code
	}
	return country, name
}
