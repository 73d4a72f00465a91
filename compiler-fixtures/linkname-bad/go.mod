module fixture.test/linknamebad

go 1.22
