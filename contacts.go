package nodkey

// Contacts are where people can be reached: an e-mail address and a telephone number, each verified by a code.
type Contacts struct{ *base }
