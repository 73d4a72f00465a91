module fixture.test/nosplitoverflow

go 1.22
