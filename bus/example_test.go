package bus_test

import (
	"fmt"

	"github.com/nodkey/nodkey/bus"
)

// Two changes of what a waiter looks at are one wake-up.
func Example() {
	b := bus.New()
	wake, cancel := b.Subscribe("approval/17", "sign-in/4")
	defer cancel()

	b.Publish("approval/17")
	b.Publish("sign-in/4")

	<-wake
	select {
	case <-wake:
		fmt.Println("woken twice")
	default:
		fmt.Println("woken once")
	}
	// Output: woken once
}
