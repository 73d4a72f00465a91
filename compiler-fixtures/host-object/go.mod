module fixture.test/hostobject

go 1.22
