package seal_test

import (
	"fmt"
	"log"

	"github.com/nodkey/nodkey/seal"
)

// A server that starts on a new database, seals a value, and rotates the data key
// while it runs.
func Example() {
	master, err := seal.ParseMasterKey([]byte("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"))
	if err != nil {
		log.Fatal(err)
	}
	ring := seal.NewRing("install-1", master)

	rotate := func() {
		key, err := ring.GenerateDataKey()
		if err != nil {
			log.Fatal(err)
		}
		// Here the key goes into the database, before anything is sealed under it.
		if err := ring.Add(key); err != nil {
			log.Fatal(err)
		}
	}

	rotate()
	label := seal.Label{Table: "keys", Column: "ocra_key", Row: "k-17"}
	value, err := ring.Seal(label, []byte("a secret"))
	if err != nil {
		log.Fatal(err)
	}

	rotate()
	fmt.Println("sealed under", seal.Version(value), "of", ring.Current())

	// The sweep: whatever is sealed under an older key is sealed again.
	plaintext, err := ring.Open(label, value)
	if err != nil {
		log.Fatal(err)
	}
	if value, err = ring.Seal(label, plaintext); err != nil {
		log.Fatal(err)
	}
	fmt.Println("sealed under", seal.Version(value), "of", ring.Current())

	_, err = ring.Open(seal.Label{Table: "keys", Column: "ocra_key", Row: "k-18"}, value)
	fmt.Println(err)
	// Output:
	// sealed under 1 of 2
	// sealed under 2 of 2
	// seal: cannot open sealed value
}
