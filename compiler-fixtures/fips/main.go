// Command fips uses the cryptographic module. Built with GOFIPS140 it checks,
// as it starts, the sum that the linker wrote.
package main

import (
	"crypto/aes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/fips140"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
)

func main() {
	h := hmac.New(sha256.New, []byte("key"))
	h.Write([]byte("message"))
	fmt.Printf("%x\n", h.Sum(nil))
	fmt.Printf("%x\n", sha512.Sum512([]byte("message")))
	block, err := aes.NewCipher(make([]byte, 16))
	fmt.Println(block.BlockSize(), err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		fmt.Println(err)
		return
	}
	digest := sha256.Sum256([]byte("message"))
	sig, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	fmt.Println(err, ecdsa.VerifyASN1(&key.PublicKey, digest[:], sig))
	fmt.Println("fips140:", fips140.Enabled())
}
