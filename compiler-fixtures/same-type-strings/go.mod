module fixture.test/sametypestrings

go 1.22
