module fixture.test/goroutinestls

go 1.22
