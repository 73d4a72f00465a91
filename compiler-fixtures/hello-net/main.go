// Command hellonet serves one request to itself. It imports two packages
// named rand and two named template, so several types share a type string.
package main

import (
	"encoding/json"
	"fmt"
	htmltemplate "html/template"
	"io"
	"log"
	"math/rand"
	randv2 "math/rand/v2"
	"net"
	"net/http"
	"strings"
	texttemplate "text/template"
)

type answer struct {
	Text  string         `json:"text"`
	HTML  string         `json:"html"`
	Draws []int          `json:"draws"`
	Extra map[string]any `json:"extra"`
}

var (
	textPage = texttemplate.Must(texttemplate.New("t").Parse(`{{range .}}<{{.}}>{{end}}`))
	htmlPage = htmltemplate.Must(htmltemplate.New("h").Parse(`{{range .}}<b>{{.}}</b>{{end}}`))
)

func handle(w http.ResponseWriter, r *http.Request) {
	words := []string{"a&b", r.URL.Path}
	var text, html strings.Builder
	if err := textPage.Execute(&text, words); err != nil {
		log.Fatal(err)
	}
	if err := htmlPage.Execute(&html, words); err != nil {
		log.Fatal(err)
	}
	v1 := rand.New(rand.NewSource(7))
	v2 := randv2.New(randv2.NewPCG(1, 2))
	json.NewEncoder(w).Encode(answer{
		Text:  text.String(),
		HTML:  html.String(),
		Draws: []int{v1.Intn(1000), v2.IntN(1000)},
		Extra: map[string]any{"proto": r.Proto},
	})
}

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(l, http.HandlerFunc(handle))
	resp, err := http.Get("http://" + l.Addr().String() + "/page")
	if err != nil {
		log.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	var got answer
	if err := json.Unmarshal(body, &got); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s %s\n", got.Text, got.HTML)
	fmt.Println(got.Draws, got.Extra["proto"])
}
