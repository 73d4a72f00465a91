module fixture.test/zerosized

go 1.22
