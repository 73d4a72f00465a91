module fixture.test/odd.name/v2.x

go 1.22
