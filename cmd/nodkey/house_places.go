package main

import (
	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/places"
)

// places opens the operator's database of places; nil where there is none.
func (s *settings) places() (nodkey.Places, error) {
	if s.PlacesFile == "" {
		return nil, nil
	}
	db, err := places.Open(s.PlacesFile)
	if err != nil {
		return nil, keyError("places_file", s.from["places_file"], plain(err))
	}
	return db, nil
}
