module fixture.test/largedata

go 1.22
