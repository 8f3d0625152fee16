// Package products plays other people's products in `nodkey demo --doors`: a wiki, an intranet, a call centre, a VPN, a console
// and a till, one behind each door. Each speaks its protocol over the network like the real ones, with nothing of the server's at
// hand but what an operator would give its makers, and shows what the two said to each other.
package products
