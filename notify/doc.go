// Package notify carries messages from the outbox to phones: one file a channel, [WebPush], [Ntfy] and [Webhook].
//
// The domain decides what goes out, to whom and until when ([nodkey.Outbox]); a [Worker] takes it in batches, its channel
// sends it and says what became of it, and the worker settles that. Each channel has a worker, and each service a lane with
// a bounded number of messages in the air, so that one that hangs delays nobody else's, and nothing here is ever waited for
// by a sign-in. Behind an address that fails again and again there is a breaker: it is left alone for some seconds, then
// tried with one message.
//
// A message is sent at least once. When the process dies between sending and settling, or the answer is lost, the message is
// sent again; its topic is the same (RFC 8030 §5.4), so the push service puts it in the place of the first as long as the
// phone has not had that one, and the phone shows an approval once. ntfy has a sequence for that, and the webhook its id.
//
// Endpoints come from phones, that is from anybody with a key. They must be https and of a service on the operator's list
// ([Services], [NtfyServers]); what their names resolve to is looked at when it is dialled and must be a public address; no
// redirect is followed. Only a service that the operator named as the house's own may be in a private network, and the
// webhook, whose one address the operator chose.
//
// What leaves the house to people's addresses, summaries of messages and codes, has a worker of another kind, the [Courier], and a
// [Carrier] for each way: [Email] by SMTP, [SMS] by any HTTP gateway that settings can describe (docs/sms.md). No address, number, text or
// code is in what they log or say went wrong.
package notify
