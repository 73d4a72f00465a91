module fixture.test/gcbitsstrings

go 1.22
