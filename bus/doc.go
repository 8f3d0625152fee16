// Package bus wakes requests that wait in this process.
//
// A handler that waits for something to happen (a portal page for its approval, a
// phone's stream for the next request) subscribes to topics and sleeps; whoever
// changes the store publishes the topic after the commit. A topic is any string;
// by custom a kind and an id, "approval/" + id.
//
// The bus only wakes. It carries no data and keeps none: a wake-up says "read the
// store again", and many of them may arrive as one. So nothing is lost if a waiter
// goes about it in this order:
//
//	wake, cancel := bus.Subscribe(topic)
//	defer cancel()
//	for {
//		// read the store; return if there is what was waited for
//		select {
//		case <-wake:
//		case <-slow: // now and then without a wake-up, for what another process changed
//		case <-ctx.Done():
//			return ctx.Err()
//		}
//	}
//
// Subscribing before reading is what matters: a change that came before the
// subscription is seen by the first read, one that came after it leaves a wake-up
// in the channel.
package bus
