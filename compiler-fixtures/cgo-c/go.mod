module fixture.test/cgoc

go 1.22
