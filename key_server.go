package nodkey

import "github.com/nodkey/nodkey/wire"

// Server is what a phone is told of this server before it trusts it.
func (k *Keys) Server() wire.Server {
	s := wire.Server{
		ID: k.id.serverID, Name: k.site.ServerName, Operator: k.site.Operator, Key: k.id.points.Signing, RPID: k.id.rpID,
		Time: k.now().UnixMilli(), PIN: wire.PINRules{Min: PINMin, Max: PINMax},
	}
	if k.Push != nil && k.Push.Has(ChannelWebPush) {
		s.Push = k.id.pushPoint
	}
	s.Ntfy = k.Push != nil && k.Push.Has(ChannelNtfy)
	return s
}

// Bus lets a door wait for what it has read to change.
func (s *Services) Bus(topics ...string) (wake <-chan struct{}, cancel func()) {
	return s.Keys.base.Bus.Subscribe(topics...)
}
