package otp_test

import (
	"crypto/sha256"
	"fmt"
	"log"

	"github.com/nodkey/nodkey/otp"
)

// The response to a challenge of six digits, bound to a PIN.
func ExampleSuite_Compute() {
	suite, err := otp.ParseSuite("OCRA-1:HOTP-SHA256-8:QN06-PSHA256")
	if err != nil {
		log.Fatal(err)
	}
	key := []byte("12345678901234567890123456789012")
	pin := sha256.Sum256([]byte("1234"))
	response, err := suite.Compute(key, otp.Input{Question: "314159", PIN: pin[:]})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response, otp.Equal(response, "62217303"))
	// Output: 62217303 true
}
