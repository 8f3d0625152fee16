// Package notify carries messages from the outbox to phones: one file a channel, of which Web Push is the first.
//
// The domain decides what goes out, to whom and until when ([nodkey.Outbox]); a [Worker] takes it in batches, a channel such
// as [WebPush] sends it and says what became of it, and the worker settles that. Each push service has a lane of its own with
// a bounded number of messages in the air, so that one that hangs delays nobody else's, and nothing here is ever waited for
// by a sign-in. Behind an address that fails again and again there is a breaker: it is left alone for some seconds, then
// tried with one message.
//
// A message is sent at least once. When the process dies between sending and settling, or the answer is lost, the message is
// sent again; its topic is the same (RFC 8030 §5.4), so the push service puts it in the place of the first as long as the
// phone has not had that one, and the phone shows an approval once.
//
// Endpoints come from phones, that is from anybody with a key. They must be https and of a service on the operator's list
// ([Services]); what their names resolve to is looked at when it is dialled and must be a public address; no redirect is
// followed. Only a service that the operator named as the house's own may be in a private network.
package notify
